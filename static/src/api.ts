// Talks to /api/v1. Every failure is an ApiError whose `message` is a sentence for the person at the screen.
//   const zone = await api.get<Zone>(`/response/zone?${query({ lon, lat, mode })}`);
//   await api.put(`/households/${id}/flags`, { flags });      // CSRF token included
//   await api.upload(`/incidents/${id}/photo`, { photo });    // multipart
import { t } from "./i18n.js";

const ROOT = "/api/v1";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly field: string | null,
    /** What else the answer says, such as how a thing that somebody has changed is now. */
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

interface Options {
  signal?: AbortSignal | undefined;
  /** The version that is changed, where somebody else may have changed it meanwhile. */
  version?: number;
}

async function send<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json, application/geo+json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (options.version !== undefined) headers["If-Match"] = `"${options.version}"`;
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: options.signal ?? null };
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const response = await fetch(ROOT + path, init).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(t("The server cannot be reached. Check the network and try again."), 0, "offline", null);
  });
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Post `body` and save the file that is answered under the name that the server gives it. */
export async function download(path: string, body: unknown): Promise<void> {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(ROOT + path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" }).catch(() => {
    throw new ApiError(t("The server cannot be reached. Check the network and try again."), 0, "offline", null);
  });
  if (!response.ok) throw await failure(response);
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = /filename=([\w.-]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "coverage.xlsx";
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

async function failure(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string; field?: string } & Record<string, unknown> };
  const { code = "unknown", message, field = null, ...extra } = body.error ?? {};
  if (response.status === 401) {
    return new ApiError(t("You are no longer logged in. Reload the page to log in again."), 401, code, field);
  }
  const sentence = message || t("The server could not do this (code {status}). Try again later.", { status: String(response.status) });
  return new ApiError(sentence, response.status, code, field, extra);
}

/** Leave for the log-in page, which leads back to what is shown; straight back where one is logged in by now. */
export function logInAgain(): void {
  location.assign(`/login?${query({ next: location.pathname + location.search + location.hash })}`);
}

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

export const api = {
  get: <T>(path: string, options?: Options) => send<T>("GET", path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: Options) => send<T>("POST", path, body, options),
  put: <T>(path: string, body?: unknown, options?: Options) => send<T>("PUT", path, body, options),
  delete: <T>(path: string, options?: Options) => send<T>("DELETE", path, undefined, options),
  upload: <T>(path: string, parts: Record<string, Blob>, options?: Options) => {
    const form = new FormData();
    for (const [name, blob] of Object.entries(parts)) form.append(name, blob);
    return send<T>("PUT", path, form, options);
  },
};

/** A query string of the values that are there. */
export function query(values: Record<string, string | number | undefined | null>): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null) parts.set(name, String(value));
  }
  return parts.toString();
}

/** The sentence to show for whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError ? error.message : t("Something went wrong in the page. Reload it and try again.");
}
