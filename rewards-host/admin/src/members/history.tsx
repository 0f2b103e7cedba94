// Everything that ever happened to a member, newest first; lines are never changed or removed.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { client, type Schemas, told } from "../api/client.ts";
import { instant, isZero, money, number, signed } from "../text.ts";
import { useAsked } from "../ui/ask.ts";
import { Answer, Badge, Card, Nothing, Table } from "../ui/parts.tsx";
import { Derivation } from "./derivation.tsx";

type Line = Schemas["HistoryLine"];

export function History({ id, times }: { id: string; times: number }): JSX.Element {
  const [pages, setPages] = useState(1);
  const [open, setOpen] = useState<string>();
  const asked = useAsked(async () => {
    const items: Line[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < pages; page += 1) {
      const query = { limit: 50, ...(cursor ? { cursor } : {}) };
      const answer = await told(client.GET("/api/v1/rewards/{user_id}/history", { params: { path: { user_id: id }, query } }));
      items.push(...answer.items);
      cursor = answer.next_cursor ?? undefined;
      if (!cursor) break;
    }
    return { items, isMore: cursor !== undefined };
  }, [id, pages, times]);
  return (
    <Card title="History" flush>
      <Answer of={asked}>{({ items, isMore }) => items.length === 0 ? <Nothing>Nothing happened yet.</Nothing> : (
        <>
          <Table label="History">
            <thead><tr><th scope="col">What</th><th scope="col">When</th><th scope="col">Told</th><th scope="col" class="number">Points</th><th scope="col" class="number">Cashback</th></tr></thead>
            <tbody>{items.flatMap((line) => {
              const transaction = typeof line.metadata["transaction_id"] === "string" ? (line.metadata["transaction_id"] as string) : undefined;
              const by = typeof line.metadata["by"] === "string" ? (line.metadata["by"] as string) : undefined;
              const reason = typeof line.metadata["reason"] === "string" ? (line.metadata["reason"] as string) : undefined;
              const isOpen = transaction !== undefined && open === transaction;
              return [
                <tr key={line.seq}>
                  <td><Badge>{line.action_type.replaceAll("_", " ")}</Badge></td>
                  <td class="nowrap">{instant(line.occurred_at)}</td>
                  <td>
                    {transaction ? <button type="button" class="place" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? undefined : transaction)}>{line.description}</button> : line.description}
                    {(reason || by) && <small>{[reason, by && `by ${by}`].filter(Boolean).join(", ")}</small>}
                  </td>
                  <td class="number">{isZero(line.points_change) ? "–" : signed(line.points_change, number(line.points_change))}</td>
                  <td class="number">{isZero(line.cashback_change) ? "–" : signed(line.cashback_change, money(line.cashback_change, line.currency))}</td>
                </tr>,
                isOpen && <tr key={`${line.seq} open`} class="opened"><td colSpan={5}><Derivation id={transaction} /></td></tr>,
              ];
            })}</tbody>
          </Table>
          {isMore && <p class="nothing"><button type="button" class="button" onClick={() => setPages(pages + 1)}>Show earlier lines</button></p>}
        </>
      )}</Answer>
    </Card>
  );
}
