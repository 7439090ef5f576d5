// The page as a whole.

export function App() {
  return <main>camsvc</main>;
}
