package org.millrace.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;

class TokenizersTest {

    private static final Tokenizer BYTES = BpeTrainer.train(List.of(), 265, merges -> {});

    @Test
    void theNewestOfEachNameIsKept() {
        Tokenizers tokenizers = new Tokenizers(Optional.empty());
        tokenizers.add(named("a", 2));
        tokenizers.add(named("a", 1));
        tokenizers.add(named("b", 1));

        assertThat(tokenizers.all()).containsExactly(named("a", 2), named("b", 1));
        assertThat(tokenizers.knows("a", 2)).isTrue();
        assertThat(tokenizers.knows("a", 3)).isFalse();
        assertThat(tokenizers.knows("c", 1)).isFalse();
    }

    @Test
    void shardsAreWrittenWithTheFirstAndItsLaterVersions() {
        Tokenizers tokenizers = new Tokenizers(Optional.empty());
        assertThat(tokenizers.forShards()).isEmpty();
        tokenizers.add(named("a", 1));
        tokenizers.add(named("b", 7));
        tokenizers.add(named("a", 2));

        assertThat(tokenizers.forShards()).contains(named("a", 2));
    }

    @Test
    void orWithTheOneThatIsConfigured() throws InterruptedException {
        Tokenizers tokenizers = new Tokenizers(Optional.of("b"));
        tokenizers.add(named("a", 1));
        assertThat(tokenizers.awaitForShards(Duration.ZERO)).isFalse();
        tokenizers.add(named("b", 1));

        assertThat(tokenizers.awaitForShards(Duration.ZERO)).isTrue();
        assertThat(tokenizers.forShards()).contains(named("b", 1));
    }

    @Test
    void nobodyWaitsForAVersionThatIsRefused() throws InterruptedException {
        Tokenizers tokenizers = new Tokenizers(Optional.empty());
        tokenizers.add(named("a", 1));
        tokenizers.refuse("a", 2);

        assertThat(tokenizers.await("a", 2, Duration.ofDays(1))).isFalse();
        assertThat(tokenizers.await("a", 1, Duration.ZERO)).isTrue();
        assertThat(tokenizers.isRefused("a", 3)).isFalse();
    }

    @Test
    void whoWaitsIsWoken() throws InterruptedException {
        Tokenizers tokenizers = new Tokenizers(Optional.empty());
        Thread publisher = Thread.startVirtualThread(() -> tokenizers.add(named("a", 1)));

        assertThat(tokenizers.await("a", 1, Duration.ofSeconds(30))).isTrue();
        publisher.join();
    }

    @Test
    void listenersFindWhatWasAdded() {
        Tokenizers tokenizers = new Tokenizers(Optional.empty());
        List<Optional<PublishedTokenizer>> found = new ArrayList<>();
        tokenizers.whenAdded(() -> found.add(tokenizers.forShards()));

        tokenizers.add(named("a", 1));
        tokenizers.add(named("a", 2));

        assertThat(found).containsExactly(Optional.of(named("a", 1)), Optional.of(named("a", 2)));
    }

    @Test
    void namesAndVersionsAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> named("../a", 1))
                .withMessage("name: expected [a-z0-9-]{1,64}, got \"../a\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> named("a", 0))
                .withMessage("version: expected at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Training.Order("a", 264, 1, SplitPattern.NANOCHAT))
                .withMessage("vocabulary_size: expected 265 (256 bytes, 9 special tokens) to 200000, got 264");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Training.Order("a", 265, -1, SplitPattern.NANOCHAT))
                .withMessage("max_bytes: expected 1 to 2147483647, got -1");
    }

    private static PublishedTokenizer named(String name, long version) {
        return new PublishedTokenizer(name, version, BYTES, ChatFormat.own(BYTES));
    }
}
