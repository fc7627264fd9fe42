// Tells when a dataset has changed: from the server's stream, and by asking for the versions while the stream is away.
// The same stream tells how far one's own jobs are: see jobs.ts.
import { api, ApiError, logInAgain } from "./api.js";
import type { JobState } from "./types.js";

type Versions = Record<string, number>;

export interface JobNews {
  readonly job: number;
  readonly state: JobState;
  readonly progress: number;
  readonly note: string;
  readonly revision: number;
}

/** Hears news of a job; null: some may have been missed. */
type JobListener = (news: JobNews | null) => void;

const jobListeners = new Set<JobListener>();

/** Call `listener` with all news of one's own jobs until the answer is called. */
export function onJobNews(listener: JobListener): () => void {
  jobListeners.add(listener);
  return () => void jobListeners.delete(listener);
}

function tellOfJobs(news: JobNews | null): void {
  for (const listener of [...jobListeners]) listener(news);
}

/** Hears that a thing has changed: a dataset, or "scenario:<id>"; null: some news may have been missed. */
type ChangeListener = (what: string | null, version: number) => void;

const changeListeners = new Set<ChangeListener>();

/** Call `listener` with all changes until the answer is called. */
export function onChangeNews(listener: ChangeListener): () => void {
  changeListeners.add(listener);
  return () => void changeListeners.delete(listener);
}

function tellOfChange(what: string | null, version: number): void {
  for (const listener of [...changeListeners]) listener(what, version);
}

/** Hears that somebody has changed a plan of grids, which may have another version by that; null: some news may have been missed. */
type PlanListener = (news: { readonly plan: string; readonly version: number; readonly by: { readonly id: number } } | null) => void;

const planListeners = new Set<PlanListener>();

/** Call `listener` with all changes of plans until the answer is called. */
export function onPlanNews(listener: PlanListener): () => void {
  planListeners.add(listener);
  return () => void planListeners.delete(listener);
}

function tellOfPlans(news: Parameters<PlanListener>[0]): void {
  for (const listener of [...planListeners]) listener(news);
}

const ASK_EVERY = 5000; // milliseconds between two questions while the stream is away
const TRY_AGAIN = 15000; // milliseconds until the stream is opened anew

/** Call `onChange` for each dataset whose version has risen above the one in `known`, until the answer is called. */
export function followChanges(known: Versions, onChange: (dataset: string, version: number) => void): () => void {
  const seen: Versions = { ...known };
  let stream: EventSource | null = null;
  let asking = 0;
  let retry = 0;

  const tell = (dataset: string, version: number): void => {
    if (version <= (seen[dataset] ?? 0)) return;
    seen[dataset] = version;
    onChange(dataset, version);
  };
  const ask = async (): Promise<void> => {
    tellOfJobs(null);
    tellOfChange(null, 0);
    tellOfPlans(null);
    const versions = await api.get<Versions>("/versions").catch((error: unknown) => {
      // Whoever stands before this screen now is not the one who was logged in: nothing stays on it.
      if (error instanceof ApiError && error.status === 401) logInAgain();
      return {} as Versions;
    });
    for (const [dataset, version] of Object.entries(versions)) tell(dataset, version);
  };
  const open = (): void => {
    stream = new EventSource("/api/v1/events");
    stream.addEventListener("open", () => {
      window.clearInterval(asking);
      asking = 0;
      void ask(); // what happened while nobody listened
    });
    stream.addEventListener("change", (event) => {
      const { dataset, version } = JSON.parse((event as MessageEvent<string>).data) as { dataset: string; version: number };
      tellOfChange(dataset, version);
      if (!dataset.includes(":")) tell(dataset, version);
    });
    stream.addEventListener("job", (event) => tellOfJobs(JSON.parse((event as MessageEvent<string>).data) as JobNews));
    stream.addEventListener("plan", (event) => tellOfPlans(JSON.parse((event as MessageEvent<string>).data) as Parameters<PlanListener>[0]));
    stream.addEventListener("error", () => {
      asking ||= window.setInterval(() => void ask(), ASK_EVERY);
      if (stream?.readyState !== EventSource.CLOSED) return;
      stream.close();
      window.clearTimeout(retry);
      retry = window.setTimeout(open, TRY_AGAIN);
    });
  };
  const onShow = (): void => {
    if (document.visibilityState === "visible") void ask();
  };
  document.addEventListener("visibilitychange", onShow);
  open();
  return () => {
    document.removeEventListener("visibilitychange", onShow);
    window.clearInterval(asking);
    window.clearTimeout(retry);
    stream?.close();
  };
}
