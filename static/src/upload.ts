// Sends a form with a file and tells how much of it has gone out; what the server answers is as from api.ts.
import { ApiError } from "./api.js";
import { t } from "./i18n.js";

interface Sending<T> {
  readonly answer: Promise<T>;
  readonly stop: () => void;
}

/** Post `form` to a path of the API; `onProgress` hears the share that is sent, 0–1. Fetch cannot tell it. */
export function sendForm<T>(path: string, form: FormData, onProgress: (share: number) => void): Sending<T> {
  const request = new XMLHttpRequest();
  const answer = new Promise<T>((resolve, reject) => {
    const offline = (): void => reject(new ApiError(t("The server cannot be reached. Check the network and try again."), 0, "offline", null));
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("error", offline);
    request.addEventListener("abort", offline);
    request.addEventListener("load", () => {
      const body = (request.response ?? {}) as T & { error?: { code?: string; message?: string; field?: string } };
      if (request.status < 400) return resolve(body);
      const { code = "unknown", message, field = null } = body.error ?? {};
      reject(new ApiError(message ?? t("The server could not do this (code {status}). Try again later.", { status: String(request.status) }), request.status, code, field));
    });
  });
  request.open("POST", `/api/v1${path}`);
  request.responseType = "json";
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "");
  request.send(form);
  return { answer, stop: () => request.abort() };
}
