// Says what is wrong with a new password, all of it at once.

export const MINIMUM_LENGTH = 12;
export const MAXIMUM_LENGTH = 128;

const COMMON = new Set(['correcthorsebatterystaple', 'passwordpassword', 'qwertyuiopasdf', '123456789012']);

/**
 * @param {string} password
 * @param {{ userName: string }} account
 * @returns {string[]} sentences for the user; empty if the password is good
 */
export function faults(password, account) {
  const found = [];
  const length = [...password].length;
  if (length < MINIMUM_LENGTH) {
    found.push(`has ${length} characters, at least ${MINIMUM_LENGTH} are needed`);
  }
  if (length > MAXIMUM_LENGTH) {
    found.push(`has ${length} characters, at most ${MAXIMUM_LENGTH} are possible`);
  }
  const folded = password.toLowerCase();
  if (account.userName !== '' && folded.includes(account.userName.toLowerCase())) {
    found.push('contains the user name');
  }
  if (COMMON.has(folded.replaceAll(/[^a-z0-9]/g, ''))) {
    found.push('is one of the most common passwords');
  }
  if (new Set(password).size < 5) {
    found.push('repeats a few characters');
  }
  return found;
}
