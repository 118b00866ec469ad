import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeKey } from 'mokka';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeyFile, writeKeyFile } from './key-file.ts';

describe('key files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'praline-key-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are readable by their owner alone and read back', () => {
    const key = NodeKey.generate();
    const path = join(folder, 'keys', '1.key');
    writeKeyFile(path, key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readKeyFile(path).id).toBe(key.id);
  });

  it('are never overwritten', () => {
    const path = join(folder, '1.key');
    const key = NodeKey.generate();
    writeKeyFile(path, key);
    expect(() => writeKeyFile(path, NodeKey.generate())).toThrow(
      expect.objectContaining({ code: 'folder-occupied' }),
    );
    expect(readKeyFile(path).id).toBe(key.id);
  });

  it("read the tutorial's form: the secret and public key in one line", () => {
    const path = join(folder, '1.key');
    const secret =
      '4ca246e3ab29c0085b5cbb797f86e6deea778c6e6584a45764ec10f9e0cebd7f' +
      'd6c922bc69a0cc059565a80996188d11d29e78ded4115b1d24039ba25e655afb';
    writeFileSync(path, secret, { mode: 0o600 });
    expect(readKeyFile(path).id).toBe(secret.slice(64));
  });

  it('are refused while other users can read them, with the command that mends it', () => {
    const path = join(folder, '1.key');
    writeKeyFile(path, NodeKey.generate());
    chmodSync(path, 0o644);
    expect(() => readKeyFile(path)).toThrow(
      expect.objectContaining({
        code: 'key-exposed',
        message: expect.stringContaining(`chmod 600 ${path}`),
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['words', 'my secret'],
    ['a key cut short', 'ab'.repeat(31)],
    ['a public key of another secret', `${'ab'.repeat(32)}${'cd'.repeat(32)}`],
  ])('are refused when they hold %s, without showing it', (_, content) => {
    const path = join(folder, '1.key');
    writeFileSync(path, content, { mode: 0o600 });
    let message = '';
    try {
      readKeyFile(path);
    } catch (error) {
      expect(error).toMatchObject({ code: 'key-invalid', path });
      message = String(error);
    }
    expect(message).toContain(path);
    expect(content !== '' && message.includes(content)).toBe(false);
  });

  it('are refused when missing', () => {
    expect(() => readKeyFile(join(folder, 'none.key'))).toThrow(
      expect.objectContaining({ code: 'key-missing' }),
    );
  });
});
