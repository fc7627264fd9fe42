// Follows computations in the background: how far they are, what is known so far, how they end.
//   const { job } = await api.post<{ job: number }>("/siting", question);
//   const following = followJob<Plan>(job, { onChange: (now) => draw(now.result, now.progress, now.note) });
//   following.cancel();   // ends it on the server; onChange hears of it
//   following.stop();     // looks no longer; the job goes on
// News come on the page's one stream of events. After a break in it the job is asked for, so nothing is missed.
import { api, ApiError, sentenceOf } from "./api.js";
import { onJobNews } from "./events.js";
import type { JobState } from "./types.js";

export interface Job<T> {
  readonly id: number;
  readonly kind: string;
  readonly state: JobState;
  /** The share that is done, 0–1. */
  readonly progress: number;
  /** What is being done, for the person at the screen. */
  readonly note: string;
  /** Raised by each new result. */
  readonly revision: number;
  readonly result: T | null;
  /** Why it failed. */
  readonly error: string;
}

interface Following {
  /** End the job on the server. */
  readonly cancel: () => Promise<void>;
  /** Look no longer. */
  readonly stop: () => void;
}

interface Told<T> {
  /** Each time something is new, at most a few times a second, and a last time with a final state. */
  readonly onChange: (job: Job<T>) => void;
  /** When it cannot be asked for: a sentence. It is asked for again with the next news. */
  readonly onTrouble?: (sentence: string) => void;
}

const OVER: readonly JobState[] = ["done", "failed", "cancelled"];

export function isOver(job: { readonly state: JobState }): boolean {
  return OVER.includes(job.state);
}

/** Tell what becomes of the job `id` until it is over or the answer's `stop` is called. */
export function followJob<T>(id: number, { onChange, onTrouble }: Told<T>): Following {
  let known: Job<T> | null = null;
  let asking = false;
  let again = false;
  let stopped = false;

  const stop = (): void => {
    stopped = true;
    forget();
  };
  const take = (job: Job<T>): void => {
    known = job;
    if (isOver(job)) stop();
    onChange(job);
  };
  /** One question at a time; what comes meanwhile is asked afterwards. */
  const ask = async (): Promise<void> => {
    if (stopped) return;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const job = await api.get<Job<T>>(`/jobs/${id}`);
      if (!stopped) take(job);
    } catch (error) {
      if (stopped) return;
      if (error instanceof ApiError && error.status === 404) stop();
      onTrouble?.(sentenceOf(error));
    } finally {
      asking = false;
    }
    if (again) {
      again = false;
      void ask();
    }
  };
  const forget = onJobNews((news) => {
    if (stopped || (news && news.job !== id)) return;
    // Only a new result, or the end, is worth a question: the rest is told whole.
    if (!news || !known || news.revision !== known.revision || isOver(news)) void ask();
    else take({ ...known, state: news.state, progress: news.progress, note: news.note });
  });
  void ask();
  return { cancel: () => api.delete<undefined>(`/jobs/${id}`).then(() => ask()), stop };
}
