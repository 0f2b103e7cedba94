// Tables as files, made in the browser of what the page shows (RFC 4180).

const cell = (text: string): string => {
  // A spreadsheet takes these for the beginning of a formula; a number below zero is one and stays.
  const safe = /^[=+@\t\r]/.test(text) || (text.startsWith("-") && !/^-[0-9.]+$/.test(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export const csv = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");

export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
