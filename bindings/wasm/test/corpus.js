// The conformance corpus, run by whatever loads this module: Node, Deno, Bun, a browser. It compares bytes.

/** Where two canonical outcomes differ first, in words. */
export function difference(due, found) {
  if (due === undefined || found === undefined) return `due is ${due ?? "no outcome"}, found is ${found ?? "no outcome"}`;
  let at = 0;
  while (at < due.length && due[at] === found[at]) at += 1;
  const bytes = `byte ${at}: due …${due.slice(Math.max(0, at - 20), at + 40)}…, found …${found.slice(Math.max(0, at - 20), at + 40)}…`;
  let [a, b] = [undefined, undefined];
  try {
    [a, b] = [JSON.parse(due), JSON.parse(found)];
  } catch {
    return bytes;
  }
  for (const list of ["components", "points"]) {
    const most = Math.max(a[list]?.length ?? 0, b[list]?.length ?? 0);
    for (let i = 0; i < most; i += 1) {
      const [left, right] = [JSON.stringify(a[list]?.[i]), JSON.stringify(b[list]?.[i])];
      if (left !== right) return `${list}[${i}]\n    due:   ${left ?? "none"}\n    found: ${right ?? "none"}`;
    }
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [JSON.stringify(a[key]), JSON.stringify(b[key])];
    if (left !== right) return `${key}\n    due:   ${left ?? "none"}\n    found: ${right ?? "none"}`;
  }
  return bytes;
}

/** What an attempt gives: `{outcome}` or `{error}`. */
function attempt(what) {
  try {
    const outcome = what();
    return outcome === undefined ? {} : { outcome };
  } catch (error) {
    if (error.name !== "RewardsError") throw error;
    return { error: error.code };
  }
}

function compare(place, due, found) {
  if (due.error !== found.error) return [`${place}: due is ${due.error ?? "an outcome"}, found is ${found.error ?? "an outcome"}`];
  if (due.outcome !== found.outcome) return [`${place}: ${difference(due.outcome, found.outcome)}`];
  return [];
}

function runSteps(rewards, rules, one) {
  const member = JSON.parse(one.member).id;
  const ledger = new rewards.Ledger(rules);
  ledger.addMember(one.member, one.usage);
  const outcomes = new Map();
  const different = [];
  one.steps.forEach((step, index) => {
    const place = `${one.name}, step ${index + 1}`;
    const text = step.transaction ?? step.refund;
    const found = attempt(() => {
      if (step.redeem !== undefined) return ledger.redeem(step.redeem, member);
      const posted = step.transaction !== undefined ? ledger.purchaseJson(text, member) : ledger.refundJson(text);
      // What was posted before is answered with what was stored: here, by us.
      const id = JSON.parse(text).id;
      if (posted !== undefined) outcomes.set(id, posted);
      return outcomes.get(id);
    });
    different.push(...compare(place, step, found));
    if (step.standing) {
      const standing = ledger.standing(member, step.at);
      for (const [what, due] of Object.entries(step.standing)) {
        if (standing[what] !== due) different.push(`${place}: ${what}: due is ${due}, found is ${standing[what]}`);
      }
    }
  });
  ledger.free();
  return different;
}

/** Runs every case; returns what differs. */
export function runCorpus(rewards, { cases }) {
  const different = [];
  for (const one of cases) {
    const rules = rewards.compile(one.rules);
    if (one.steps) {
      different.push(...runSteps(rewards, rules, one));
    } else {
      const found = attempt(() => rules.evaluateJson(one.transaction, one.member, one.usage));
      different.push(...compare(one.name, one, found));
    }
    rules.free();
  }
  return { cases: cases.length, different };
}
