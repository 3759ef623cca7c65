package org.millrace.inference.schema;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;

/// The bytes of all tokens of a vocabulary, in the order of a dictionary: those that begin alike stand together, so
/// what the beginning tells is found once. Special tokens are not among them.
public final class Spellings {

    private final byte[][] byId;
    private final int[] ids; // in the order of their bytes
    private final int[] shared; // with the one before, bytes
    private final int longest;

    public Spellings(Tokenizer tokenizer) {
        byId = IntStream.range(0, tokenizer.vocabularySize())
                .mapToObj(tokenizer::bytes)
                .toArray(byte[][]::new);
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

    /// Tokens, by id, whose bytes may all come next.
    BitSet allowed(Automaton.State state, Automaton automaton) {
        var path = new Automaton.@Nullable State[longest + 1]; // after so many bytes of the token looked at
        path[0] = state;
        var allowed = new BitSet(byId.length);
        int alive = 0; // bytes of it that may come
        for (int i = 0; i < ids.length; i++) {
            if (shared[i] > alive) {
                continue; // it begins with what must not come
            }
            byte[] bytes = byId[ids[i]];
            alive = shared[i];
            while (alive < bytes.length) {
                Automaton.State here = path[alive];
                Automaton.State next = here == null ? null : automaton.after(here, Byte.toUnsignedInt(bytes[alive]));
                if (next == null) {
                    break;
                }
                path[++alive] = next;
            }
            if (alive == bytes.length) {
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
