// A dialog with a form: the browser's own element, which keeps the focus inside and gives it back.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useId } from "./id.ts";
import { type Act, useAct } from "./ask.ts";
import { Trouble } from "./parts.tsx";

export function Dialog(props: {
  title: string;
  about?: ComponentChildren;
  act: string;
  isGrave?: boolean;
  /** What the form does; the dialog closes when it is done, and stays with the error when it fails. */
  onAct: (form: FormData) => Promise<void>;
  onClose: () => void;
  children?: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const act: Act = useAct();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    void act.run(async () => {
      await props.onAct(form);
      dialog.current?.close();
    });
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={props.onClose}>
      <form onSubmit={submit}>
        <div class="stack tight">
          <h2 id={id}>{props.title}</h2>
          {props.about && <p class="muted">{props.about}</p>}
        </div>
        {props.children}
        {act.error !== undefined && <Trouble error={act.error} />}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>Cancel</button>
          <button class={props.isGrave ? "button grave" : "button main-act"} disabled={act.isUnderWay}>{props.act}</button>
        </div>
      </form>
    </dialog>
  );
}
