package org.millrace.tokenizer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.millrace.bpe.SplitPattern;

/// Settings of the tokenizer. Read once, in the wiring; domain classes take plain values.
@ConfigMapping(prefix = "millrace.tokenizer")
public interface TokenizerConfig {

    /// Root of the artifact store, where shards and tokenizers go: `file:…` or `s3://…`.
    URI artifacts();

    /// Local scratch folder; shards are built there before they are stored. May be deleted.
    Path data();

    /// Tells instances apart, stable over restarts (a StatefulSet's ordinal): a restarted instance
    /// fences its own ghost.
    @WithDefault("0")
    @Pattern(regexp = "[A-Za-z0-9._-]{1,64}")
    String instance();

    /// Name of the tokenizer that shards are written with. Not set: the first that is published,
    /// which is what one wants as long as there is one.
    Optional<@Pattern(regexp = "[a-z0-9-]{1,64}") String> name();

    /// Share of documents and conversations, 0 to 0.5, that go into the validation split. A
    /// twentieth leaves nearly all text to learn from, and one page in twenty to measure on.
    @WithDefault("0.05")
    @DecimalMin("0")
    @DecimalMax("0.5")
    double validationShare();

    /// Bytes of document text on the log at which the first tokenizer is trained without being
    /// asked for; 0: never. 64 MiB is some 2 KiB of text for each of the 32 Ki ids.
    @WithDefault("67108864")
    @Min(0)
    long autoTrainBytes();

    AutoTrain autoTrain();

    Batch batch();

    interface AutoTrain {

        /// How often the log is looked at, while there is no tokenizer.
        @WithDefault("PT10S")
        Duration interval();

        /// Ids of a tokenizer that is trained without being asked for: 256 bytes, merges and 9 special tokens
        /// together, 265 (no merge) to 200,000. 32 Ki is nanochat's choice for its small models.
        @WithDefault("32768")
        @Min(265)
        @Max(200_000)
        int vocabularySize();

        /// How text is cut, by a name of [SplitPattern].
        @WithDefault("nanochat")
        SplitPattern pattern();
    }

    interface Batch {

        /// Most records of a poll, and so of a transaction: at most so many sequences share a
        /// shard.
        @WithDefault("2000")
        @Min(1)
        int records();

        /// The broker waits until so many bytes are there, so that shards are not crumbs.
        @WithDefault("1048576")
        @Min(1)
        int bytes();

        /// … but not longer than this.
        @WithDefault("PT1S")
        Duration patience();

        /// How long one poll may wait. Bounds the time that a shutdown takes.
        @WithDefault("PT0.2S")
        Duration pollTimeout();
    }
}
