// Points of a member by when they expire.
import type { JSX } from "preact";
import { client, told } from "../api/client.ts";
import { useProgram } from "../program.tsx";
import { day, number } from "../text.ts";
import { useAsked } from "../ui/ask.ts";
import { Answer, Badge, Card, Nothing, Table } from "../ui/parts.tsx";

export function Lots({ id, times }: { id: string; times: number }): JSX.Element {
  const { program } = useProgram();
  const asked = useAsked(async () => {
    const { items } = await told(client.GET("/api/v1/members/{user_id}/lots", { params: { path: { user_id: id } } }));
    return items.filter((lot) => lot.program === program);
  }, [id, program, times]);
  return (
    <Card title="Points by expiry" about="Those that expire first are spent first." flush>
      <Answer of={asked}>{(lots) => lots.length === 0 ? <Nothing>No points are left.</Nothing> : (
        <Table label="Points by expiry">
          <thead><tr><th scope="col">From</th><th scope="col">State</th><th scope="col">Spendable on</th><th scope="col">Expires after</th><th scope="col" class="number">Available</th><th scope="col" class="number">Pending</th><th scope="col" class="number">Of</th></tr></thead>
          <tbody>{lots.map((lot, at) => (
            <tr key={at}>
              <th scope="row">{lot.source_type.replaceAll("_", " ")}<small class="mono">{lot.source_id}</small></th>
              <td><Badge tone={lot.state === "available" ? "good" : lot.state === "pending" ? "info" : "plain"}>{lot.state}</Badge></td>
              <td class="nowrap">{day(lot.spendable_on)}</td>
              <td class="nowrap">{lot.expires_on ? day(lot.expires_on) : "never"}</td>
              <td class="number">{number(lot.available)}</td>
              <td class="number">{number(lot.pending)}</td>
              <td class="number muted">{number(lot.earned)}</td>
            </tr>
          ))}</tbody>
        </Table>
      )}</Answer>
    </Card>
  );
}
