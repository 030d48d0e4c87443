// Locks an account after wrong passwords, for longer each time.

const ATTEMPTS = 5;
const FIRST_LOCK_SECONDS = 60;
const LONGEST_LOCK_SECONDS = 24 * 60 * 60;

/** One account's wrong attempts. The clock is the caller's: every method takes the time in seconds. */
export class Lockout {
  #failures = 0;
  #lockedUntil = 0;

  /** @returns {boolean} whether a password may be tried now */
  mayTry(now) {
    return now >= this.#lockedUntil;
  }

  /** A wrong password; attempts while locked do not count. */
  failed(now) {
    if (!this.mayTry(now)) {
      return;
    }
    this.#failures += 1;
    if (this.#failures >= ATTEMPTS) {
      const doublings = this.#failures - ATTEMPTS;
      const seconds = Math.min(FIRST_LOCK_SECONDS * 2 ** doublings, LONGEST_LOCK_SECONDS);
      this.#lockedUntil = now + seconds;
    }
  }

  /** The right password: everything is forgotten. */
  succeeded() {
    this.#failures = 0;
    this.#lockedUntil = 0;
  }

  /** @returns {number} seconds until the next attempt */
  secondsLeft(now) {
    return Math.max(0, this.#lockedUntil - now);
  }
}
