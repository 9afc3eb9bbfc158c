/** Runs before the first paint, as a script of its own: a stored theme must not flash the other one first. */
function applyStoredTheme(): void {
  try {
    const stored = localStorage.getItem('holdfast.theme')
    if (stored === 'light' || stored === 'dark') document.documentElement.dataset['theme'] = stored
  } catch {
    // A browser that keeps nothing follows the system.
  }
}

applyStoredTheme()
