package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Text to token ids and back, by byte-level BPE: every string has ids, and `decode(encode(x))`
/// is `x`. What is not Unicode (an unpaired surrogate) is encoded as U+FFFD.
///
/// Ids: text tokens from 0, then the nine [SpecialToken]s. Encoding never yields a special token,
/// whatever the text says; structure comes from [Chat] or from the caller.
///
/// Safe to share between threads: each that encodes has an [Encoder] for that time, with its own memory of
/// pieces.
public final class Tokenizer {

    /// Encoders that are kept for the next caller. One more at the same time works, and is forgotten.
    private static final int ENCODERS = 2 * Runtime.getRuntime().availableProcessors();

    private final byte[][] tokens;
    private final Merges merges;
    private final Splitter splitter = new Splitter(SplitPattern.NANOCHAT);
    private final AtomicReferenceArray<@Nullable Encoder> encoders = new AtomicReferenceArray<>(ENCODERS);

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
        return encode(withoutUnpairedSurrogates(text).getBytes(UTF_8));
    }

    /// The same for bytes, whatever they are: together, the bytes of the ids are these.
    ///
    /// @param text UTF-8; a byte that is none is a symbol
    public int[] encode(byte[] text) {
        for (int i = 0; i < ENCODERS; i++) {
            Encoder encoder = encoders.getAndSet(i, null);
            if (encoder != null) {
                int[] ids = encoder.encode(text);
                encoders.set(i, encoder);
                return ids;
            }
        }
        Encoder encoder = new Encoder(splitter, merges);
        int[] ids = encoder.encode(text);
        for (int i = 0; i < ENCODERS && !encoders.compareAndSet(i, null, encoder); i++) {
            // the place is taken
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
        return bytes.toString(UTF_8);
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
}
