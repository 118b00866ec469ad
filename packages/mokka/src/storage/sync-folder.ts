import { open } from 'node:fs/promises';

/** Makes the names in a folder durable: of what was made, moved or removed there. A file's own sync says nothing of its name. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
