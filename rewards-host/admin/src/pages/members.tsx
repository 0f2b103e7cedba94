// Finding a member by id. There is no search by name: the service knows none.
import type { JSX } from "preact";
import { useLocation } from "preact-iso";
import { client, told } from "../api/client.ts";
import { session } from "../session.ts";
import { away, number } from "../text.ts";
import { useAct, useAsked } from "../ui/ask.ts";
import { Answer, Card, Field, Head, Nothing, Table, Trouble } from "../ui/parts.tsx";

export function Members(): JSX.Element {
  const { route } = useLocation();
  const find = (event: SubmitEvent): void => {
    event.preventDefault();
    const id = String(new FormData(event.currentTarget as HTMLFormElement).get("id") ?? "").trim();
    if (id) route(`/admin/members/${encodeURIComponent(id)}`);
  };
  return (
    <>
      <Head title="Members">Balance, tier and every derivation, for those who help.</Head>
      <div class="stack">
        <form class="card card-body find" role="search" onSubmit={find}>
          <Field label="Member" about="The id by which purchases name the member.">
            {(id, about) => <input id={id} class="input mono" name="id" required maxlength={64} pattern="[A-Za-z0-9._:\-]+" autocomplete="off" spellcheck={false} aria-describedby={about} />}
          </Field>
          <button class="button main-act">Show</button>
        </form>
        <Waiting />
      </div>
    </>
  );
}

/** Adjustments that a second person has to approve. */
function Waiting(): JSX.Element {
  const asked = useAsked(async () => (await told(client.GET("/api/v1/rewards/adjustments"))).items, []);
  const act = useAct();
  const who = session();
  const approve = (adjustment_id: string): Promise<void> => act.run(async () => {
    await told(client.POST("/api/v1/rewards/adjustments/{adjustment_id}/approve", { params: { path: { adjustment_id } } }));
    asked.again();
  });
  return (
    <Card title="Adjustments that wait" about="More points than one person may give or take alone." flush>
      {act.error !== undefined && <Trouble error={act.error} />}
      <Answer of={asked}>{(items) => items.length === 0 ? <Nothing>None waits.</Nothing> : (
        <Table label="Adjustments that wait">
          <thead><tr><th scope="col">Member</th><th scope="col" class="number">Points</th><th scope="col">Reason</th><th scope="col">Asked by</th><th scope="col"><span class="unseen">Approve</span></th></tr></thead>
          <tbody>{items.map((item) => (
            <tr key={item.adjustment_id}>
              <th scope="row"><a href={`/admin/members/${encodeURIComponent(item.user_id)}`}>{item.user_id}</a></th>
              <td class="number">{number(item.points)}</td>
              <td>{item.reason}</td>
              <td>{item.by}<small>{away(item.created_at)}</small></td>
              <td class="number">
                {who?.roles.includes("manager") && who.subject !== item.by
                  ? <button type="button" class="button small" disabled={act.isUnderWay} onClick={() => approve(item.adjustment_id)}>Approve</button>
                  : <span class="muted">{who?.subject === item.by ? "by another" : "by a manager"}</span>}
              </td>
            </tr>
          ))}</tbody>
        </Table>
      )}</Answer>
    </Card>
  );
}
