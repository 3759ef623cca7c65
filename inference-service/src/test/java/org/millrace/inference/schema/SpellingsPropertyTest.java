package org.millrace.inference.schema;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Which tokens may come, against the slow twin that tries each by itself, byte by byte.
class SpellingsPropertyTest {

    private static final List<String> SCHEMAS = List.of(
            "{}",
            "{'type':'object'}",
            "{'properties':{'a':{'type':'string'},'aé☂':{'type':'number'},'b':{'enum':['a','ab','☂a']}}}",
            "{'type':'string'}",
            "{'type':'string','maxLength':30}",
            "{'type':'string','minLength':3,'maxLength':7}",
            "{'anyOf':[{'type':'string','maxLength':3},{'type':'string','minLength':6,'maxLength':19}]}",
            "{'anyOf':[{'const':'aé☂ bb'},{'type':'string','maxLength':4}]}",
            "{'anyOf':[{'type':'string','maxLength':2},{'const':'aaaaaaaaaaaaaaaaaa'}]}",
            "{'anyOf':[{'type':'string','maxLength':1},{'const':'☂☂☂'},{'type':'null'}]}",
            // more ways than are followed, and more with each character
            strings(100, "{'type':'string','maxLength':%d}"),
            strings(60, "{'type':'string','minLength':%d}"),
            strings(60, "{'type':'string','minLength':3,'maxLength':3%d}"));

    private static final List<String> PLAIN = List.of(
            "a", "aa", "b", " ", "é", "☂", "😀", "\u007f", ",", ":", "{", "}", "1", "-0", "aaaaaaaaaaaaaaa", "☂☂☂☂☂☂");

    /// As bytes: quotes, escapes, a new line, halves of code points and what only looks like one.
    private static final List<String> OTHERS = List.of(
            "\"",
            "\":",
            "\",",
            "\"}",
            "[",
            "]",
            "\\",
            "\\\"",
            "\\u00",
            "\n",
            "\u001f",
            "\u00c3",
            "\u00a9",
            "\u00e2\u0098",
            "\u0082",
            "\u00f0\u009f",
            "\u00ed\u00a0\u0080",
            "\u00c0\u0080",
            "\u00f4\u0090\u0080\u0080");

    private static final int PIECES = 300;
    private static final int END = PIECES + 256;

    @Property(tries = 200)
    void allowsWhatMayComeByteByByte(@ForAll long seed, @ForAll @IntRange(max = 12) int schema) {
        var random = new SplittableRandom(seed);
        var spellings = new Spellings(vocabulary(random));
        Grammar grammar = Grammar.parse(SCHEMAS.get(schema).replace('\'', '"'), "schema");
        var automaton = new Automaton(grammar, spellings);
        var guide = new Guide(automaton, spellings, Set.of(END));
        Automaton.State state = automaton.start();
        for (int drawn = 0; drawn < 30; drawn++) {
            BitSet allowed = oneByOne(state, spellings, automaton);

            assertThat(drawable(guide)).isEqualTo(withEnd(allowed, state.isWhole()));
            assertThat(automaton.allowed(state)).isEqualTo(allowed);
            if (allowed.isEmpty()) {
                return;
            }
            int[] tokens = allowed.stream().toArray();
            int token = tokens[random.nextInt(tokens.length)];
            state = requireNonNull(spellings.after(state, token, automaton));
            guide.add(token);
        }
    }

    private static BitSet oneByOne(Automaton.State state, Spellings spellings, Automaton automaton) {
        return IntStream.range(0, END)
                .filter(token -> spellings.after(state, token, automaton) != null)
                .collect(BitSet::new, BitSet::set, BitSet::or);
    }

    private static BitSet drawable(Guide guide) {
        var logits = new float[END + 2]; // one token that nobody spells, and one of padding
        guide.restrict(logits);
        return IntStream.range(0, logits.length)
                .filter(token -> logits[token] == 0)
                .collect(BitSet::new, BitSet::set, BitSet::or);
    }

    private static BitSet withEnd(BitSet allowed, boolean whole) {
        var all = (BitSet) allowed.clone();
        all.set(END, whole);
        return all;
    }

    /// All bytes, and pieces of which most stand for themselves in a text.
    private static byte[][] vocabulary(SplittableRandom random) {
        var tokens = new byte[END + 1][];
        for (int b = 0; b < 256; b++) {
            tokens[b] = new byte[] {(byte) b};
        }
        for (int token = 256; token < END; token++) {
            var bytes = new StringBuilder(); // a character for each
            for (int left = random.nextInt(1, 5); left > 0; left--) {
                bytes.append(
                        random.nextInt(8) == 0
                                ? OTHERS.get(random.nextInt(OTHERS.size()))
                                : new String(
                                        PLAIN.get(random.nextInt(PLAIN.size())).getBytes(UTF_8), ISO_8859_1));
            }
            tokens[token] = bytes.toString().getBytes(ISO_8859_1);
        }
        tokens[END] = new byte[0];
        return tokens;
    }

    private static String strings(int count, String schema) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(schema::formatted)
                .collect(Collectors.joining(",", "{'anyOf':[", "]}"));
    }
}
