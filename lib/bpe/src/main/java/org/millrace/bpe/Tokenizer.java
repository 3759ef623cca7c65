package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Text to token ids and back, by byte-level BPE: every string has ids, and `decode(encode(x))`
/// is `x`. What is not Unicode (an unpaired surrogate) is encoded as U+FFFD.
///
/// Ids of a tokenizer that was learned here: text tokens from 0, then the nine [SpecialToken]s. Encoding a text never
/// yields a special token, whatever it says; structure comes from [Chat], from trusted [Passage]s or from the caller.
///
/// Safe to share between threads: each that encodes has an [Encoder] for that time, with its own memory of
/// pieces.
public final class Tokenizer {

    /// Encoders that are kept for the next caller. One more at the same time works, and is forgotten.
    private static final int ENCODERS = 2 * Runtime.getRuntime().availableProcessors();

    private final Vocabulary vocabulary;
    private final Splitter splitter;
    private final @Nullable WholePieces wholePieces;
    private final SpecialTokens specialTokens;
    private final AtomicReferenceArray<@Nullable Encoder> encoders = new AtomicReferenceArray<>(ENCODERS);

    Tokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        splitter = new Splitter(vocabulary.pattern());
        wholePieces = vocabulary.wholePieces() ? new WholePieces(vocabulary.tokens()) : null;
        specialTokens = new SpecialTokens(vocabulary.special());
    }

    /// Reads Hugging Face's `tokenizer.json`: byte-level BPE with one of the [SplitPattern]s, as [#write] makes
    /// it, and as GPT-2, Llama 3 and Qwen have it.
    ///
    /// @throws IOException if the file is missing, or is not such a tokenizer; names the field
    public static Tokenizer read(Path tokenizerJson) throws IOException {
        return new Tokenizer(TokenizerJsonReader.read(tokenizerJson));
    }

    /// Reads a file of tiktoken: a line for each token, its bytes in Base64 and its rank, which is its id.
    ///
    /// @param special ids of the tokens that are no text, by how they are written; the file does not say them
    /// @throws IOException if the file is missing, or is not of this kind; names the line
    public static Tokenizer readTiktoken(Path file, SplitPattern pattern, Map<String, Integer> special)
            throws IOException {
        return new Tokenizer(Tiktoken.read(file, pattern, special));
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` (with the chat template) into a
    /// directory, for this library and for Hugging Face's. Equal tokenizers give equal bytes.
    public void write(Path dir) throws IOException {
        TokenizerJsonWriter.write(this, dir);
    }

    public int[] encode(String text) {
        return encodeAsIs(normalised(withoutUnpairedSurrogates(text)).getBytes(UTF_8));
    }

    /// Text of several sources, as if it were one, and special tokens out of trusted passages only. Of several that
    /// stand at one place the longest counts. None reaches over the end of a run of trusted passages; tokens of
    /// text may.
    ///
    /// @return the ids; a target is one that has a byte of a passage that is a target
    public Rendered encode(List<Passage> passages) {
        return new Passages(this).encode(passages);
    }

    /// The same for bytes, whatever they are: together, the bytes of the ids are these, unless the tokenizer
    /// changes text ([#changesText]).
    ///
    /// @param text UTF-8; a byte that is none is a symbol
    public int[] encode(byte[] text) {
        return vocabulary.nfc() ? encode(new String(text, UTF_8)) : encodeAsIs(text);
    }

    private int[] encodeAsIs(byte[] text) {
        for (int i = 0; i < ENCODERS; i++) {
            Encoder encoder = encoders.getAndSet(i, null);
            if (encoder != null) {
                int[] ids = encoder.encode(text);
                encoders.set(i, encoder);
                return ids;
            }
        }
        Encoder encoder = new Encoder(splitter, vocabulary.merges(), wholePieces);
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
            byte[] token = vocabulary.tokens()[ids[i]];
            if (token != null) {
                bytes.writeBytes(token);
            }
        }
        return bytes.toString(UTF_8);
    }

    /// The bytes that a token stands for: any bytes, not always whole characters. None for a
    /// special token.
    public byte[] bytes(int id) {
        checkId("id", id);
        byte[] token = vocabulary.tokens()[id];
        return token == null ? new byte[0] : token.clone();
    }

    /// Text tokens and special tokens together: ids are 0 to this less one.
    public int vocabularySize() {
        return vocabulary.tokens().length;
    }

    /// @throws IllegalArgumentException if this tokenizer comes from elsewhere and does not have it
    public int id(SpecialToken token) {
        return special(token.text())
                .orElseThrow(() ->
                        new IllegalArgumentException("the tokenizer has no special token \"" + token.text() + "\""));
    }

    /// The id of a special token by how it is written; empty if there is none.
    public OptionalInt special(String text) {
        Integer id = vocabulary.special().get(text);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /// How a special token is written; empty if the id is none of a special token.
    public Optional<String> special(int id) {
        return vocabulary.special().entrySet().stream()
                .filter(token -> token.getValue() == id)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /// Whether it brings text into Unicode's form NFC, so that decoding gives that back and not the text itself.
    public boolean changesText() {
        return vocabulary.nfc();
    }

    /// Whether it has every [SpecialToken], so that conversations can be written in it.
    public boolean speaks() {
        return Arrays.stream(SpecialToken.values())
                .allMatch(token -> vocabulary.special().containsKey(token.text()));
    }

    /// The same tokenizer with every [SpecialToken]: those that it lacks get the ids behind all others. Text has
    /// the ids that it had.
    public Tokenizer speaking() {
        SequencedMap<String, Integer> special = new LinkedHashMap<>(vocabulary.special());
        int next = vocabularySize();
        for (SpecialToken token : SpecialToken.values()) {
            if (special.putIfAbsent(token.text(), next) == null) {
                next++;
            }
        }
        return new Tokenizer(new Vocabulary(
                Arrays.copyOf(vocabulary.tokens(), next),
                vocabulary.merges(),
                vocabulary.pattern(),
                vocabulary.wholePieces(),
                vocabulary.nfc(),
                special));
    }

    /// How text is cut into the pieces within which merges happen.
    public SplitPattern pattern() {
        return vocabulary.pattern();
    }

    /// Whether a piece that is a token stays whole, whatever the merges say.
    public boolean keepsWholePieces() {
        return vocabulary.wholePieces();
    }

    /// How many bytes of text each id stands for, 0 for special tokens: what turns a loss per token
    /// into bits per byte.
    public int[] tokenBytes() {
        return IntStream.range(0, vocabularySize()).map(this::byteLength).toArray();
    }

    int byteLength(int id) {
        byte[] token = vocabulary.tokens()[id];
        return token == null ? 0 : token.length;
    }

    /// Decodes ids that come one by one, in whole characters.
    public Utf8Stream stream() {
        return new Utf8Stream(this);
    }

    SpecialTokens specialTokens() {
        return specialTokens;
    }

    String normalised(String text) {
        return vocabulary.nfc() ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
    }

    Vocabulary vocabulary() {
        return vocabulary;
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
