// Which seed comes next. A cell is the bounded list of seeds 0 … rolloutsMax−1, admitted in order; only demand decides how far.

export interface CellDemand {
  /** Seeds of the cell, at most. */
  readonly rolloutsMax: number;
  /** Accepted rollouts wanted; null: play all seeds. */
  readonly accepted: number | null;
}

export interface Admission {
  /** The next seed to admit, `wait` while only running rollouts can tell, or `done`. */
  next(): { readonly cell: number; readonly seedIndex: number } | "wait" | "done";
  /** A seed that is already in the ledger: counted, not returned again. */
  resumed(cell: number, seedIndex: number): void;
  /** A rollout was judged: it no longer counts as running. */
  decided(cell: number, accepted: boolean): void;
}

/**
 * Admits seeds breadth first (seed 0 of every cell, then seed 1, …), so that an interrupted run is balanced. A cell with a target goes on
 * while its accepted rollouts, plus the running ones weighted by the acceptance rate so far (Laplace's rule of succession), fall short of it;
 * what finishes beyond the target is surplus and never enters the dataset, so this estimate can waste work but cannot change the data.
 */
export function createAdmission(demands: readonly CellDemand[]): Admission {
  const cells = demands.map((demand) => ({ demand, admitted: 0, running: 0, accepted: 0, decided: 0 }));
  type CellState = (typeof cells)[number];

  const isFull = (cell: CellState) => cell.admitted >= cell.demand.rolloutsMax;
  const isMet = (cell: CellState) => cell.demand.accepted !== null && cell.accepted >= cell.demand.accepted;
  const wantsMore = (cell: CellState) => {
    if (cell.demand.accepted === null) return true;
    const rate = (cell.accepted + 1) / (cell.decided + 2);
    return cell.accepted + cell.running * rate < cell.demand.accepted;
  };

  return {
    next() {
      const open = cells.filter((cell) => !isFull(cell) && !isMet(cell));
      if (open.length === 0) return "done";
      const ready = open.filter(wantsMore);
      const first = ready.reduce<CellState | undefined>(
        (least, cell) => (least === undefined || cell.admitted < least.admitted ? cell : least),
        undefined,
      );
      if (first === undefined) return "wait";
      first.running++;
      return { cell: cells.indexOf(first), seedIndex: first.admitted++ };
    },
    resumed(index, seedIndex) {
      const cell = cells[index];
      if (cell === undefined) return;
      cell.admitted = Math.max(cell.admitted, seedIndex + 1);
      cell.running++;
    },
    decided(index, accepted) {
      const cell = cells[index];
      if (cell === undefined) return;
      cell.running--;
      cell.decided++;
      if (accepted) cell.accepted++;
    },
  };
}
