// Which program the pages are about: the first, or the one that was chosen in this tab, which `sessionStorage` keeps.
import { type ComponentChildren, createContext, type JSX } from "preact";
import { useContext, useMemo, useState } from "preact/hooks";
import { client, type Schemas, told } from "./api/client.ts";
import { useAsked } from "./ui/ask.ts";
import { Answer, Nothing } from "./ui/parts.tsx";

export type Program = Schemas["ProgramAnswer"];

interface Chosen {
  readonly all: readonly Program[];
  readonly program: Program;
  choose(id: string): void;
}

const Context = createContext<Chosen | undefined>(undefined);
const key = "rewards.program";

export function ProgramProvider({ children }: { children: ComponentChildren }): JSX.Element {
  const programs = useAsked(async () => (await told(client.GET("/api/v1/loyalty/programs"))).programs, []);
  const [id, setId] = useState(sessionStorage.getItem(key) ?? "");
  const chosen = useMemo(() => {
    const all = programs.value ?? [];
    const program = all.find((program) => program.program === id) ?? all[0];
    const choose = (id: string): void => {
      sessionStorage.setItem(key, id);
      setId(id);
    };
    return program && { all, program, choose };
  }, [programs.value, id]);
  if (chosen) return <Context.Provider value={chosen}>{children}</Context.Provider>;
  return <main class="main"><Answer of={programs}>{() => <Nothing>No program is published yet.</Nothing>}</Answer></main>;
}

function useChosen(): Chosen {
  const chosen = useContext(Context);
  if (!chosen) throw new Error("a page stands outside of its frame");
  return chosen;
}

/** The program that is looked at. */
export const useProgram = (): Program => useChosen().program;

export function ProgramPicker(): JSX.Element {
  const { all, program, choose } = useChosen();
  if (all.length === 1) return <strong>{program.name}</strong>;
  return (
    <select class="input" aria-label="Program" value={program.program} onChange={(event) => choose(event.currentTarget.value)}>
      {all.map((one) => <option key={one.program} value={one.program}>{one.name}</option>)}
    </select>
  );
}
