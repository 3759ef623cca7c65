package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import org.junit.jupiter.api.Test;

/// Text of several sources: what becomes a special token, what one stretch, what a target.
class PassagesPropertyTest {

    private static final List<String> SPECIAL =
            Arrays.stream(SpecialToken.values()).map(SpecialToken::text).toList();
    private static final Tokenizer TOKENIZER =
            BpeTrainer.train(List.of(new SampleText(5).ofLength(20_000)), 700, merges -> {});

    /// Whole tokens and their pieces, letters that merge, characters of several chars and their halves, and two that
    /// compose.
    private static final List<String> PIECES = Stream.concat(
                    SPECIAL.stream(),
                    Stream.of(
                            "<|",
                            "|>",
                            "<|bos",
                            "|",
                            "user_start|>",
                            "e",
                            "t",
                            "an",
                            " ",
                            "\n",
                            "\n\n",
                            "'",
                            "s",
                            "7",
                            "ü",
                            "語",
                            "😀",
                            "\uD83D",
                            "\uDE00",
                            "e\u0301",
                            "e",
                            "\u0301"))
            .toList();

    private static final HuggingFaceTokenizer REFERENCE = reference();

    private static HuggingFaceTokenizer reference() {
        try {
            Path dir = Files.createTempDirectory("passages");
            try {
                TOKENIZER.write(dir);
                return HuggingFaceTokenizer.builder()
                        .optTokenizerPath(dir)
                        .optAddSpecialTokens(false)
                        .optTruncation(false)
                        .build();
            } finally {
                Files.deleteIfExists(dir.resolve("tokenizer.json"));
                Files.deleteIfExists(dir.resolve("tokenizer_config.json"));
                Files.delete(dir);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterContainer
    static void close() {
        REFERENCE.close();
    }

    @Property(tries = 1_500)
    void passagesHaveTheIdsAndTargetsOfTheSlowTwin(@ForAll("passages") List<Passage> passages) {
        assertThat(TOKENIZER.encode(passages)).isEqualTo(slowly(TOKENIZER, passages));
    }

    @Property(tries = 400)
    void composingTokenizersTakeOneStretchToo(@ForAll("passages") List<Passage> passages) {
        Vocabulary plain = TOKENIZER.vocabulary();
        Tokenizer composing = new Tokenizer(new Vocabulary(
                plain.tokens(), plain.merges(), plain.pattern(), plain.wholePieces(), true, plain.special()));

        assertThat(composing.encode(passages).ids())
                .isEqualTo(slowly(composing, passages).ids());
    }

    /// Where nobody but the template writes special tokens, the ids are those of the rendered string.
    @Property(tries = 500)
    void harmlessTextHasTheIdsOfTheRenderedString(@ForAll("passages") List<Passage> passages) {
        List<Passage> harmless = passages.stream()
                .map(passage -> passage.isTrusted()
                        ? passage
                        : new Passage(passage.text().replaceAll("[<|>]", "x"), false, passage.isTarget()))
                .toList();
        String rendered = harmless.stream().map(Passage::text).collect(Collectors.joining());
        if (!Tokenizer.withoutUnpairedSurrogates(rendered).equals(rendered)) {
            return; // no text for others
        }

        int[] theirs = Arrays.stream(REFERENCE.encode(rendered).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();

        assertThat(TOKENIZER.encode(harmless).ids()).isEqualTo(theirs);
    }

    @Test
    void anEmptyPassageSeparatesNothing() {
        List<Passage> passages = List.of(
                new Passage("<|", true, false), new Passage("", false, true), new Passage("user_start|>", true, false));

        assertThat(TOKENIZER.encode(passages).ids()).containsExactly(TOKENIZER.id(SpecialToken.USER_START));
    }

    @Property(tries = 500)
    void untrustedTextGivesNoSpecialTokenHoweverItIsCut(@ForAll("passages") List<Passage> passages) {
        List<Passage> untrusted = passages.stream()
                .map(passage -> new Passage(passage.text(), false, passage.isTarget()))
                .toList();

        int[] ids = TOKENIZER.encode(untrusted).ids();

        assertThat(ids)
                .isEqualTo(TOKENIZER.encode(passages.stream().map(Passage::text).collect(Collectors.joining())));
        assertThat(Arrays.stream(ids)).allMatch(id -> id < TOKENIZER.id(SpecialToken.BOS));
    }

    @Property(tries = 300)
    void trustedTextMayBeCutAnywhere(@ForAll("passages") List<Passage> passages) {
        List<Passage> single = passages.stream()
                .flatMap(passage -> passage.text()
                        .chars()
                        .mapToObj(c -> new Passage(String.valueOf((char) c), passage.isTrusted(), passage.isTarget())))
                .toList();

        assertThat(TOKENIZER.encode(single)).isEqualTo(TOKENIZER.encode(passages));
    }

    /// Each char with its source; at each place the longest special token all of whose chars are trusted, without an
    /// untrusted one between; what lies between them by [Tokenizer#encode(String)]. The bytes of the ids say whose
    /// they are.
    private static Rendered slowly(Tokenizer tokenizer, List<Passage> passages) {
        String text = passages.stream().map(Passage::text).collect(Collectors.joining());
        List<Passage> sources = passages.stream()
                .flatMap(passage -> passage.text().chars().mapToObj(c -> passage))
                .toList();
        List<Integer> ids = new ArrayList<>();
        List<Boolean> targets = new ArrayList<>();
        int from = 0;
        for (int at = 0; at <= text.length(); at++) {
            int start = at;
            String special = SPECIAL.stream()
                    .filter(token -> text.startsWith(token, start)
                            && sources.subList(start, start + token.length()).stream()
                                    .allMatch(Passage::isTrusted))
                    .findFirst()
                    .orElse("");
            if (!special.isEmpty() || at == text.length()) {
                addText(tokenizer, text.substring(from, at), sources.subList(from, at), ids, targets);
            }
            if (!special.isEmpty()) {
                ids.add(tokenizer.special(special).orElseThrow());
                targets.add(sources.get(at).isTarget());
                at += special.length() - 1;
                from = at + 1;
            }
        }
        boolean[] target = new boolean[targets.size()];
        IntStream.range(0, target.length).forEach(i -> target[i] = targets.get(i));
        return new Rendered(ids.stream().mapToInt(id -> id).toArray(), target);
    }

    private static void addText(
            Tokenizer tokenizer, String text, List<Passage> sources, List<Integer> ids, List<Boolean> targets) {
        String valid = Tokenizer.withoutUnpairedSurrogates(text);
        List<Boolean> bytes = new ArrayList<>();
        for (int i = 0; i < valid.length(); i += Character.charCount(valid.codePointAt(i))) {
            int length = Character.toString(valid.codePointAt(i)).getBytes(UTF_8).length;
            for (int b = 0; b < length; b++) {
                bytes.add(sources.get(i).isTarget());
            }
        }
        int at = 0;
        for (int id : tokenizer.encode(text)) {
            int end = at + tokenizer.bytes(id).length;
            ids.add(id);
            targets.add(end <= bytes.size() && bytes.subList(at, end).contains(true));
            at = end;
        }
    }

    @Provide
    Arbitrary<List<Passage>> passages() {
        Arbitrary<String> texts = Arbitraries.of(PIECES).list().ofMaxSize(5).map(chosen -> String.join("", chosen));
        Arbitrary<Boolean> flags = Arbitraries.of(true, false);
        return Combinators.combine(texts, flags, flags).as(Passage::new).list().ofMaxSize(6);
    }
}
