package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class BpePropertyTest {

    private static final Tokenizer TOKENIZER =
            BpeTrainer.train(List.of(new SampleText(1).ofLength(60_000)), 1_200, merges -> {});

    /// Few letters and many merges, so that merges compete for the same bytes.
    private static final Tokenizer CROWDED = BpeTrainer.train(List.of(words(7, 4_000)), 265 + 300, merges -> {});

    @Property(tries = 2_000)
    void decodingGivesBackTheText(@ForAll String any) {
        String text = Tokenizer.withoutUnpairedSurrogates(any);

        assertThat(TOKENIZER.decode(TOKENIZER.encode(text))).isEqualTo(text);
    }

    @Property
    void unpairedSurrogatesAreReplacementCharacters(@ForAll("brokenText") String text) {
        String decoded = TOKENIZER.decode(TOKENIZER.encode(text));

        assertThat(decoded).isEqualTo(new String(text.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.UTF_16BE));
    }

    @Property
    void noTextBecomesASpecialToken(@ForAll("injections") String text) {
        int firstSpecial = TOKENIZER.id(SpecialToken.BOS);

        assertThat(Arrays.stream(TOKENIZER.encode(text))).allMatch(id -> id < firstSpecial);
    }

    @Property
    void bytesOfTheIdsAreTheBytesOfTheText(@ForAll String any) {
        String text = Tokenizer.withoutUnpairedSurrogates(any);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int counted = 0;
        for (int id : TOKENIZER.encode(text)) {
            bytes.writeBytes(TOKENIZER.bytes(id));
            counted += TOKENIZER.tokenBytes()[id];
        }

        assertThat(bytes.toByteArray()).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
        assertThat(counted).isEqualTo(bytes.size());
    }

    @Property(tries = 3_000)
    void mergesAsTheNaiveTwin(@ForAll("crowdedWords") String word) {
        assertMergesAsTheNaiveTwin(CROWDED.vocabulary().merges(), word);
    }

    /// Merges in an order in which nobody learns them: some make a pair of lower rank possible.
    @Property(tries = 3_000)
    void mergesOfAnyOrderAsTheNaiveTwin(@ForAll("crowdedWords") String word, @ForAll Random random) {
        assertMergesAsTheNaiveTwin(shuffled(CROWDED.vocabulary().merges(), random), word);
    }

    /// Several merges may make one token, each with a rank of its own, or all with one.
    @Property(tries = 3_000)
    void mergesOfOneTokenAsTheNaiveTwin(
            @ForAll("crowdedWords") String word, @ForAll Random random, @ForAll boolean isShared) {
        List<String> spelled = new ArrayList<>(List.of("a", "b", "c"));
        while (spelled.size() < 20) {
            String both = spelled.get(random.nextInt(spelled.size())) + spelled.get(random.nextInt(spelled.size()));
            if (!spelled.contains(both)) {
                spelled.add(both);
            }
        }
        List<int[]> pairs = new ArrayList<>(); // left, right, rank
        List<Integer> results = new ArrayList<>();
        for (int result = 3; result < spelled.size(); result++) {
            for (int left = 0; left < spelled.size(); left++) {
                int right = spelled.get(result).startsWith(spelled.get(left))
                        ? spelled.indexOf(
                                spelled.get(result).substring(spelled.get(left).length()))
                        : -1;
                if (right >= 0) {
                    if (!isShared || results.isEmpty() || results.getLast() != 'a' + result) {
                        results.add('a' + result);
                    }
                    pairs.add(new int[] {'a' + left, 'a' + right, results.size() - 1});
                }
            }
        }
        int[] bytes = new int[256];
        Arrays.setAll(bytes, b -> b);
        Merges merges = new Merges(
                bytes,
                pairs.stream().mapToInt(pair -> pair[0]).toArray(),
                pairs.stream().mapToInt(pair -> pair[1]).toArray(),
                pairs.stream().mapToInt(pair -> pair[2]).toArray(),
                results.stream().mapToInt(result -> result).toArray());

        assertMergesAsTheNaiveTwin(merges, word);
    }

    private static void assertMergesAsTheNaiveTwin(Merges merges, String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int[] expected = NaiveBpe.apply(merges, bytes);
        int[] ids = new int[bytes.length + 1];

        assertThat(Arrays.copyOfRange(ids, 1, 1 + new LongWord(merges).apply(bytes, 0, bytes.length, ids, 1)))
                .isEqualTo(expected);
        if (bytes.length <= ShortWord.LONGEST) {
            assertThat(Arrays.copyOf(ids, new ShortWord(merges).apply(bytes, 0, bytes.length, ids, 0)))
                    .isEqualTo(expected);
        }
    }

    private static Merges shuffled(Merges merges, Random random) {
        List<Integer> order = new ArrayList<>();
        for (int rank = 0; rank < merges.count(); rank++) {
            order.add(rank);
        }
        Collections.shuffle(order, random);
        int[] bytes = new int[256];
        Arrays.setAll(bytes, merges::byteToken);
        return new Merges(
                bytes,
                order.stream().mapToInt(merges::left).toArray(),
                order.stream().mapToInt(merges::right).toArray(),
                order.stream().mapToInt(merges::result).toArray());
    }

    @Property(tries = 40)
    void trainsAsTheNaiveTwin(
            @ForAll @IntRange(max = 1_000_000) int seed, @ForAll @IntRange(min = 1, max = 60) int merges) {
        List<String> documents = List.of(words(seed, 300), words(seed + 1, 200), new SampleText(seed).ofLength(200));

        Tokenizer trained = BpeTrainer.train(documents, 265 + merges, made -> {});

        List<byte[]> made = new ArrayList<>();
        for (int id = 256; id < trained.id(SpecialToken.BOS); id++) {
            made.add(trained.bytes(id));
        }
        assertThat(made).containsExactlyElementsOf(NaiveBpe.train(documents, merges));
    }

    @Property(tries = 30)
    void theOrderOfDocumentsDoesNotMatter(@ForAll Random random) {
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            documents.add(words(i, 200));
        }
        Tokenizer sorted = BpeTrainer.train(documents, 400, merges -> {});
        Collections.shuffle(documents, random);

        Tokenizer shuffled = BpeTrainer.train(documents, 400, merges -> {});

        for (int id = 0; id < sorted.vocabularySize(); id++) {
            assertThat(shuffled.bytes(id)).isEqualTo(sorted.bytes(id));
        }
    }

    /// Documents of more than a thread counts at a time, so that each has some.
    @Property(tries = 1)
    void theNumberOfThreadsDoesNotMatter() {
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            documents.add(new SampleText(i).ofLength(300_000));
        }
        Tokenizer alone = BpeTrainer.train(documents::forEach, 600, SplitPattern.NANOCHAT, 1, merges -> {});

        for (int threads : new int[] {2, 5}) {
            Tokenizer together =
                    BpeTrainer.train(documents::forEach, 600, SplitPattern.NANOCHAT, threads, merges -> {});

            for (int id = 0; id < alone.vocabularySize(); id++) {
                assertThat(together.bytes(id)).isEqualTo(alone.bytes(id));
            }
        }
    }

    /// Also for ids in no sensible order, which cut characters everywhere.
    @Property
    void aStreamSaysWhatDecodingSaysAndCutsNoCharacter(
            @ForAll @Size(max = 60) List<@IntRange(max = 1_199) Integer> ids) {
        int[] all = ids.stream().mapToInt(id -> id % TOKENIZER.vocabularySize()).toArray();
        Utf8Stream stream = TOKENIZER.stream();
        List<String> pieces = new ArrayList<>();
        for (int id : all) {
            pieces.add(stream.add(id));
        }
        pieces.add(stream.end());

        assertThat(String.join("", pieces)).isEqualTo(TOKENIZER.decode(all));
        assertThat(pieces)
                .allMatch(piece -> Tokenizer.withoutUnpairedSurrogates(piece).equals(piece));
    }

    @Provide
    Arbitrary<String> brokenText() {
        return Arbitraries.of("a", " ", "\uD83D", "\uDE00", "😀", "é", "\uDBFF")
                .list()
                .ofMaxSize(10)
                .map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<String> injections() {
        List<String> parts = new ArrayList<>(List.of("<|", "|>", "bos", " ", "<", "|", "x"));
        for (SpecialToken token : SpecialToken.values()) {
            parts.add(token.text());
        }
        return Arbitraries.of(parts).list().ofMaxSize(8).map(chosen -> String.join("", chosen));
    }

    @Provide
    Arbitrary<String> crowdedWords() {
        return Arbitraries.strings().withChars("abc").ofMinLength(1).ofMaxLength(150);
    }

    private static String words(long seed, int length) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append("aabbc ".charAt(random.nextInt(6)));
        }
        return text.toString();
    }
}
