package org.millrace.inference.schema;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;

/// The bytes of all tokens of a vocabulary, in the order of a dictionary: those that begin alike stand together, so
/// what the beginning tells is found once. Special tokens are not among them.
public final class Spellings {

    /// Code points; tokens of more are rare, and tried byte by byte, as those with a quote are.
    private static final int PLAIN = 16;

    private final byte[][] byId;
    private final int[] ids; // in the order of their bytes
    private final int[] shared; // with the one before, bytes
    private final byte[] bytes; // of all, in that order: one after the other in memory too
    private final int[] begin; // of each in these, and the end
    private final int longest;

    /// Code points of each, in that order, if they all stand for themselves in a text; else 0.
    private final byte[] count;

    /// Tokens, by id, of 1 to so many of these.
    private final BitSet[] plain = new BitSet[PLAIN + 1];

    public Spellings(Tokenizer tokenizer) {
        this(IntStream.range(0, tokenizer.vocabularySize())
                .mapToObj(tokenizer::bytes)
                .toArray(byte[][]::new));
    }

    /// @param byId bytes of each token; none of a special one
    Spellings(byte[][] byId) {
        this.byId = byId;
        ids = IntStream.range(0, byId.length)
                .filter(id -> byId[id].length > 0)
                .boxed()
                .sorted(Comparator.comparing(id -> byId[id], Arrays::compareUnsigned))
                .mapToInt(Integer::intValue)
                .toArray();
        longest = Arrays.stream(byId).mapToInt(bytes -> bytes.length).max().orElse(0);
        shared = new int[ids.length];
        for (int i = 1; i < ids.length; i++) {
            byte[] before = byId[ids[i - 1]];
            byte[] now = byId[ids[i]];
            int mismatch = Arrays.mismatch(before, now);
            shared[i] = mismatch < 0 ? now.length : mismatch;
        }
        begin = new int[ids.length + 1];
        for (int i = 0; i < ids.length; i++) {
            begin[i + 1] = begin[i] + byId[ids[i]].length;
        }
        bytes = new byte[begin[ids.length]];
        for (int i = 0; i < ids.length; i++) {
            System.arraycopy(byId[ids[i]], 0, bytes, begin[i], byId[ids[i]].length);
        }
        count = new byte[ids.length];
        Arrays.setAll(plain, most -> new BitSet(byId.length));
        for (int i = 0; i < ids.length; i++) {
            int points = plainPoints(byId[ids[i]]);
            if (0 < points && points <= PLAIN) {
                count[i] = (byte) points;
                for (int most = points; most <= PLAIN; most++) {
                    plain[most].set(ids[i]);
                }
            }
        }
    }

    /// Code points, if they are whole and all stand for themselves in a text; else 0.
    private static int plainPoints(byte[] bytes) {
        for (byte b : bytes) {
            if (0 <= b && b < ' ' || b == '"' || b == '\\') {
                return 0;
            }
        }
        var text = new String(bytes, UTF_8);
        return Arrays.equals(text.getBytes(UTF_8), bytes) ? text.codePointCount(0, text.length()) : 0;
    }

    /// Whether each byte is a token, so that any bytes can be said.
    public boolean areComplete() {
        return Arrays.stream(ids)
                        .filter(id -> byId[id].length == 1)
                        .map(id -> byId[id][0])
                        .distinct()
                        .count()
                == 256;
    }

    /// Tokens, by id, whose bytes may all come next. In a text nearly all may, and are known.
    BitSet allowed(Automaton.State state, Automaton automaton) {
        var path = new Automaton.@Nullable State[longest + 1]; // after so many bytes of the token looked at
        path[0] = state;
        Automaton.Room room = Automaton.room(state);
        var allowed = (BitSet) plain[Math.min(room.sure(), PLAIN)].clone();
        int alive = 0; // bytes of it that may come
        int common = 0; // bytes, with the last that was looked at
        for (int i = 0; i < ids.length; i++) {
            common = Math.min(common, shared[i]);
            if (common > alive) {
                continue; // it begins with what must not come
            }
            if (count[i] > 0 && (count[i] <= room.sure() || count[i] > room.most())) {
                continue; // known
            }
            int length = begin[i + 1] - begin[i];
            alive = common;
            common = Integer.MAX_VALUE;
            while (alive < length) {
                Automaton.State here = path[alive];
                Automaton.State next =
                        here == null ? null : automaton.after(here, Byte.toUnsignedInt(bytes[begin[i] + alive]));
                if (next == null) {
                    break;
                }
                path[++alive] = next;
            }
            if (alive == length) {
                allowed.set(ids[i]);
            }
        }
        return allowed;
    }

    /// @return where it stands when a token has come; `null`: it must not
    Automaton.@Nullable State after(Automaton.State state, int token, Automaton automaton) {
        Automaton.State now = state;
        for (byte b : byId[token]) {
            now = now == null ? null : automaton.after(now, Byte.toUnsignedInt(b));
        }
        return now;
    }
}
