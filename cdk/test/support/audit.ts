/** What `npm audit --json` says, and what of it must be mended. */

/** Advisories that are known and do no harm here, each with its reason. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {};

/** Less than these is told by npm whenever somebody installs. */
const SEVERE = ['high', 'critical'];

/** Where the registry was not to be asked, and why; or the sentences about what must be mended. */
export type Audit = { readonly unasked: string } | { readonly faults: readonly string[] };

interface Advisory {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly severity: string;
}

/** Reads what npm printed. */
export function readAudit(printed: string, exceptions = EXCEPTIONS): Audit {
  let report: { auditReportVersion?: number; message?: string; vulnerabilities?: object };
  try {
    report = JSON.parse(printed) as typeof report;
  } catch {
    return { unasked: `npm printed no JSON: ${printed.trim().slice(0, 200)}` };
  }
  if (report.auditReportVersion === undefined) {
    return { unasked: report.message ?? 'npm did not say why' };
  }
  const entries = Object.values(report.vulnerabilities ?? {}) as { via: (Advisory | string)[] }[];
  const severe = entries
    .flatMap(({ via }) => via)
    .filter((one): one is Advisory => typeof one !== 'string' && SEVERE.includes(one.severity))
    .filter(({ url }) => exceptions[url.slice(url.lastIndexOf('/') + 1)] === undefined);
  const sentences = severe.map(({ name, title, url, severity }) => `${name}: ${title} (${severity}), ${url}`);
  return { faults: [...new Set(sentences)].sort() };
}
