// Lines of CSV, as spreadsheets read them.

/** One line, without its end. */
export function line(fields: string[]): string {
  return fields.map(quoted).join(",");
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
