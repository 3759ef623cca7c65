package org.millrace.inference;

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
import java.util.List;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

/// Settings of the inference service. Read once, in the wiring; domain classes take plain values.
@ConfigMapping(prefix = "millrace.inference")
public interface InferenceConfig {

    /// Where published models lie: `file:…` or `s3://…`.
    URI artifacts();

    /// Local scratch: what is fetched is laid out here before it is opened. Emptied at start.
    Path data();

    /// Model that answers requests which name none. Without it, that is the only one served.
    Optional<String> model();

    /// Where models compute: `cpu`, `cuda` or `cuda:1`, the second accelerator. CUDA takes a service that was
    /// built with the Maven profile `gpu`, CUDA 12 and cuDNN 9, and has weights, keys and values in fp16
    /// unless `weights` says otherwise.
    @WithDefault("cpu")
    @Pattern(regexp = Device.NAMES)
    String device();

    /// Models whose weights are held in other bits than is usual (fp32, on CUDA fp16), for speed and memory:
    /// `NAME=int8,OTHER=int4`. Rounded when a version is loaded. A model in int8 or int4 refuses `Generate`
    /// with `PRIORITY_ROLLOUT`, as its log-probabilities are not the trainer's; `Score` answers.
    Optional<List<String>> weights();

    /// Answers drawn at the same time by one model; more wait. Each holds one row of the cache of keys and
    /// values. Decoding is bound by reading weights, which all rows share, up to about 32 rows on a CPU.
    @WithDefault("32")
    @Min(1)
    @Max(256)
    int slots();

    /// Answers of users that may wait for a slot, of one model, and of rollouts as many; one more is refused with
    /// RESOURCE_EXHAUSTED. At least 64, so that the largest single request fits. 256 is eight rounds of the default
    /// slots.
    @WithDefault("256")
    @Min(64)
    @Max(65_536)
    int queue();

    /// Prompt tokens read together between two decoding steps, of one model, however little time they take. Behind
    /// them come pieces of prompts that do not fit, of what they left or an eighth at least, or a piece of a
    /// scoring, of as many tokens as this at most.
    @WithDefault("512")
    @Min(16)
    @Max(65_536)
    int promptChunk();

    /// How long, about, answers that are being drawn wait between two steps while prompts are read; the time of two
    /// steps, if that is longer. Shorter: steadier answers, later first tokens. 20 ms are also how long tokens wait
    /// for each other before they are sent, so a longer pause shows. While nothing is drawn, a chunk is read.
    @WithDefault("PT0.02S")
    @DurationMin(millis = 1)
    @DurationMax(seconds = 1)
    Duration promptPause();

    /// Of slots that become free while users and rollouts wait, the share that rollouts get; users get the rest.
    /// Above 0, so that training goes on under any load.
    @WithDefault("0.1")
    @DecimalMin("0.01")
    @DecimalMax("0.99")
    double rolloutShare();

    /// Cores that one step uses; 0 means all.
    @WithDefault("0")
    @Min(0)
    @Max(1_024)
    int threads();
}
