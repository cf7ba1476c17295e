// The app: written against the server of src/pellucid/app.

export function startApp(root: HTMLElement): void {
  root.textContent = "";
}
