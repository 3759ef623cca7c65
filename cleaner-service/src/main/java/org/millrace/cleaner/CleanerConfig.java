package org.millrace.cleaner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/// Settings of the cleaner. Read once, in the wiring; domain classes take plain values.
///
/// Thresholds that the literature fixes (Gopher's, C4's) are constants of their rules: a corpus
/// whose thresholds drift from deployment to deployment cannot be compared with anything. The one
/// exception is named as such.
@ConfigMapping(prefix = "millrace.cleaner")
public interface CleanerConfig {

    /// Root of the artifact store, where bodies over 256 KiB lie: `file:…` or `s3://…`.
    URI artifacts();

    /// Local folder of a cache of artifacts and the index of duplicates. Both are made again if it is
    /// deleted; the index from the log, which takes a while. No two instances may share it.
    Path data();

    /// Tells instances apart, stable over restarts (a StatefulSet's ordinal): a restarted instance
    /// fences its own ghost, and takes its partitions back at once.
    @WithDefault("0")
    @Pattern(regexp = "[A-Za-z0-9._-]{1,64}")
    String instance();

    /// ISO 639-1 codes of the languages to keep.
    @WithDefault("en")
    @NotEmpty
    Set<String> languages();

    /// A page's language must be recognised with more than this score, 0 to 1. FineWeb's is 0.65.
    @WithDefault("0.65")
    @DecimalMin("0")
    @DecimalMax("1")
    double minimumLanguageScore();

    /// Fewest words of a document. Gopher's 50 is for the open web; 30 keeps encyclopaedic stubs.
    @WithDefault("30")
    @Min(1)
    int minimumWords();

    /// Most pieces of personal data that are masked; a page with more is a list of people.
    @WithDefault("5")
    @Min(0)
    int maximumMaskedSpans();

    /// Factor on Gopher's thresholds for repeated n-grams, at least 1, its reference. Encyclopaedic stubs
    /// that say a name of two words in every short sentence reach 0.25 where Gopher allows 0.20.
    @WithDefault("1")
    @DecimalMin("1")
    double ngramTolerance();

    /// A paragraph near the edges of this many kept texts of a host is left out of all of them, at least
    /// 2; 0: none is. Three is the least that is no coincidence of two pages. To be set before the
    /// first page: texts that are published stay as they are.
    @WithDefault("3")
    @Min(0)
    int paragraphDocuments();

    Loop loop();

    interface Loop {

        /// How long one poll may wait for records. Bounds the time that a shutdown takes.
        @WithDefault("PT0.2S")
        Duration pollTimeout();

        /// Most records in one transaction. 100 bodies of 256 KiB are 25 MiB of heap.
        @WithDefault("100")
        @Min(1)
        int maximumRecords();
    }
}
