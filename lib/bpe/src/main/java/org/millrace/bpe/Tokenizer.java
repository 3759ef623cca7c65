package org.millrace.bpe;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;

/// Text to token ids and back, by byte-level BPE: every string has ids, and `decode(encode(x))`
/// is `x`. What is not Unicode (an unpaired surrogate) is encoded as U+FFFD.
///
/// Ids: text tokens from 0, then the nine [SpecialToken]s. Encoding never yields a special token,
/// whatever the text says; structure comes from [Chat] or from the caller.
///
/// Immutable and safe to share between threads. Pieces of text that were seen before come from a
/// cache of at most [#CACHED_PIECES].
public final class Tokenizer {

    /// Words follow Zipf's law: the first some ten thousand kinds are nearly all of a text.
    static final int CACHED_PIECES = 1 << 15;

    private static final int LONGEST_CACHED_PIECE = 48;

    private final byte[][] tokens;
    private final Merges merges;
    private final ConcurrentHashMap<String, int[]> cache = new ConcurrentHashMap<>();

    /// @param tokens bytes of each text token, by id; special tokens are added behind them
    Tokenizer(byte[][] tokens, Merges merges) {
        this.tokens = tokens;
        this.merges = merges;
    }

    /// Reads Hugging Face's `tokenizer.json`, as [#write] makes it: byte-level BPE with the split
    /// pattern and the special tokens of Millrace.
    ///
    /// @throws IOException if the file is missing, or is not such a tokenizer; names the field
    public static Tokenizer read(Path tokenizerJson) throws IOException {
        return TokenizerJson.read(tokenizerJson);
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` (with the chat template) into a
    /// directory, for this library and for Hugging Face's. Equal tokenizers give equal bytes.
    public void write(Path dir) throws IOException {
        TokenizerJson.write(this, dir);
    }

    public int[] encode(String text) {
        String valid = withoutUnpairedSurrogates(text);
        Ids ids = new Ids(valid.length() / 3 + 8);
        int start = 0;
        while (start < valid.length()) {
            int end = Splitter.end(valid, start);
            ids.add(piece(valid.substring(start, end)));
            start = end;
        }
        return ids.toArray();
    }

    private int[] piece(String piece) {
        if (piece.length() > LONGEST_CACHED_PIECE) {
            return merges.apply(piece.getBytes(StandardCharsets.UTF_8));
        }
        int[] known = cache.get(piece);
        if (known != null) {
            return known;
        }
        int[] ids = merges.apply(piece.getBytes(StandardCharsets.UTF_8));
        if (cache.size() < CACHED_PIECES) {
            cache.put(piece, ids);
        }
        return ids;
    }

    /// Text of the ids. Special tokens have none; bytes that are no UTF-8 become U+FFFD.
    ///
    /// @throws IllegalArgumentException if an id is not of this vocabulary
    public String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(ids.length * 4);
        for (int i = 0; i < ids.length; i++) {
            checkId("ids[" + i + "]", ids[i]);
            if (ids[i] < tokens.length) {
                bytes.writeBytes(tokens[ids[i]]);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /// The bytes that a token stands for: any bytes, not always whole characters. None for a
    /// special token.
    public byte[] bytes(int id) {
        checkId("id", id);
        return id < tokens.length ? tokens[id].clone() : new byte[0];
    }

    /// Text tokens and special tokens together: ids are 0 to this less one.
    public int vocabularySize() {
        return tokens.length + SpecialToken.COUNT;
    }

    public int id(SpecialToken token) {
        return tokens.length + token.ordinal();
    }

    /// How many bytes of text each id stands for, 0 for special tokens: what turns a loss per token
    /// into bits per byte.
    public int[] tokenBytes() {
        int[] lengths = new int[vocabularySize()];
        for (int id = 0; id < tokens.length; id++) {
            lengths[id] = tokens[id].length;
        }
        return lengths;
    }

    /// Decodes ids that come one by one, in whole characters.
    public Utf8Stream stream() {
        return new Utf8Stream(this);
    }

    Merges merges() {
        return merges;
    }

    int textTokens() {
        return tokens.length;
    }

    int cachedPieces() {
        return cache.size();
    }

    private void checkId(String name, int id) {
        if (id < 0 || id >= vocabularySize()) {
            throw new IllegalArgumentException(
                    "%s: expected 0 to %d, got %d".formatted(name, vocabularySize() - 1, id));
        }
    }

    static String withoutUnpairedSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!Character.isSurrogate(text.charAt(i))) {
                continue;
            }
            int c = text.codePointAt(i);
            if (Character.isSupplementaryCodePoint(c)) {
                i++;
                continue;
            }
            int[] valid = text.codePoints()
                    .map(p -> p >= Character.MIN_SURROGATE && p <= Character.MAX_SURROGATE ? 0xFFFD : p)
                    .toArray();
            return new String(valid, 0, valid.length);
        }
        return text;
    }

    /// A list of ids that grows.
    private static final class Ids {

        private int[] values;
        private int size;

        Ids(int capacity) {
            values = new int[capacity];
        }

        void add(int[] more) {
            if (size + more.length > values.length) {
                values = Arrays.copyOf(values, Math.max(values.length * 2, size + more.length));
            }
            System.arraycopy(more, 0, values, size, more.length);
            size += more.length;
        }

        int[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }
}
