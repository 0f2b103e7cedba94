// Who did what with a draft, newest first.
import type { JSX } from "preact";
import type { Schemas } from "../api/client.ts";
import { instant } from "../text.ts";
import { Badge, Card, Table } from "../ui/parts.tsx";

export function Audit({ lines }: { lines: readonly Schemas["RuleAudit"][] }): JSX.Element {
  return (
    <Card title="Who did what" flush>
      <Table label="Who did what">
        <thead><tr><th scope="col">What</th><th scope="col">Who</th><th scope="col">When</th><th scope="col">More</th></tr></thead>
        <tbody>
          {lines.toReversed().map((line, at) => (
            <tr key={at}>
              <td><Badge>{line.action.replaceAll("_", " ")}</Badge></td>
              <td>{line.subject}</td>
              <td class="nowrap">{instant(line.created_at)}</td>
              <td class="muted">{detail(line.detail)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function detail(of: Record<string, unknown>): string {
  // By `files` the service knows again which files were tried.
  const known = Object.entries(of).filter(([name, value]) => name !== "files" && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0));
  return known.map(([name, value]) => `${name.replaceAll("_", " ")}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ");
}
