package org.millrace.bpe;

import java.util.Arrays;

/// Bytes written as printable characters, as GPT-2 and Hugging Face's `ByteLevel` do it, so that a
/// token of any bytes can be a JSON string: printable Latin-1 bytes stand for themselves, the other
/// 68 take U+0100 to U+0143 in order (a space is `Ġ`).
final class ByteAlphabet {

    private static final char[] CHARACTER = new char[256];
    private static final int[] BYTE = new int[256 + 68];

    static {
        Arrays.fill(BYTE, -1);
        char next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xFF && b != 0xAD);
            CHARACTER[b] = printable ? (char) b : next++;
            BYTE[CHARACTER[b]] = b;
        }
    }

    private ByteAlphabet() {}

    static String write(byte[] bytes) {
        char[] text = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            text[i] = CHARACTER[bytes[i] & 0xFF];
        }
        return new String(text);
    }

    /// @throws IllegalArgumentException naming the first character outside the alphabet
    static byte[] read(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = text.charAt(i);
            int b = c < BYTE.length ? BYTE[c] : -1;
            if (b < 0) {
                throw new IllegalArgumentException("expected byte-level characters, got U+%04X".formatted((int) c));
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }
}
