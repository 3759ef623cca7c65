package org.millrace.reward;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.reward.Unserved.Reason;

/// The models that are served, by name. The version that was published last takes over between two calls: calls
/// that are under way end with the version they began with, and a version that is no good changes nothing.
///
/// [#publish] is for one thread, everything else for any.
public final class RewardModels implements AutoCloseable {

    private final ArtifactStore store;
    private final Scratch scratch;
    private final Scorer.Factory scorers;
    private final int queueLimit;
    private final Thread.UncaughtExceptionHandler onDeath;
    private final Map<String, RewardModel> served = new ConcurrentHashMap<>();

    /// @param directory of this instance alone, where files of models are put together; what an earlier
    ///     process left there is removed now
    /// @param queueLimit sequences that may wait for a model
    /// @param onDeath hears of a bug that ended a thread that scores
    public RewardModels(
            ArtifactStore store,
            Path directory,
            Scorer.Factory scorers,
            int queueLimit,
            Thread.UncaughtExceptionHandler onDeath)
            throws IOException {
        this.store = store;
        this.scratch = new Scratch(directory);
        this.scorers = scorers;
        this.queueLimit = queueLimit;
        this.onDeath = onDeath;
        scratch.clear();
    }

    /// @param name empty for the only one
    public Judgement judge(String name, Question question)
            throws Unserved, BadRequest, Overloaded, InterruptedException {
        while (true) {
            try {
                return find(name).judge(question);
            } catch (Retired e) {
                Thread.onSpinWait(); // its successor was put in place before it was retired
            }
        }
    }

    /// A name and version that are served.
    public record Served(String name, long version) {}

    /// @param name empty for the only one
    public Served served(String name) throws Unserved {
        RewardModel model = find(name);
        return new Served(model.name(), model.version());
    }

    /// How many models are served.
    public int size() {
        return served.size();
    }

    /// Sequences that wait, of all models.
    public int waiting() {
        return served.values().stream().mapToInt(RewardModel::waiting).sum();
    }

    /// Fetches, verifies and tries a version, and lets it take over.
    ///
    /// @return false if this version is served already
    /// @throws Refused if the version can never be served
    /// @throws IOException if its files could not be had: they may come
    public boolean publish(Publication publication) throws Refused, IOException {
        RewardModel old = served.get(publication.name());
        if (old != null && old.version() == publication.version()) {
            return false;
        }
        served.put(publication.name(), open(publication));
        if (old != null) {
            old.close();
        }
        return true;
    }

    @Override
    public void close() throws InterruptedException {
        List<RewardModel> last = List.copyOf(served.values());
        served.clear(); // who asks now finds none, instead of one that has retired without a successor
        last.forEach(RewardModel::close);
        for (RewardModel model : last) {
            model.join();
        }
    }

    private RewardModel find(String name) throws Unserved {
        if (served.isEmpty()) {
            throw new Unserved(Reason.NONE_LOADED, "no reward model has been published yet");
        }
        if (name.isEmpty()) {
            if (served.size() > 1) {
                throw new Unserved(
                        Reason.AMBIGUOUS,
                        "model: expected one of %s, got none".formatted(new TreeSet<>(served.keySet())));
            }
            return served.values().iterator().next();
        }
        RewardModel model = served.get(name);
        if (model == null) {
            throw new Unserved(
                    Reason.UNKNOWN,
                    "model: expected one of %s, got %s".formatted(new TreeSet<>(served.keySet()), name));
        }
        return model;
    }

    private RewardModel open(Publication publication) throws Refused, IOException {
        // What is mapped needs no name: the files go as soon as the model is loaded, whatever comes of it,
        // and their space is free when the version is no longer in use.
        Path place = scratch.place();
        try {
            return load(publication, materialise(publication, place));
        } finally {
            scratch.remove(place);
        }
    }

    private RewardModel load(Publication publication, Path files) throws Refused {
        try {
            Checkpoint checkpoint = Checkpoint.open(files, Reference.hashes(publication.files()));
            return start(publication, checkpoint);
        } catch (IOException | IllegalArgumentException e) {
            throw new Refused("unusable checkpoint: " + e.getMessage(), e); // its bytes are what was published
        }
    }

    private Path materialise(Publication publication, Path place) throws Refused, IOException {
        try {
            return store.materialise(publication.files(), place);
        } catch (ArtifactCorrupt | IllegalArgumentException | NoSuchFileException e) {
            throw new Refused("damaged files: " + e.getMessage(), e);
        }
    }

    private RewardModel start(Publication publication, Checkpoint checkpoint) throws Refused, IOException {
        ModelConfig config = checkpoint.config();
        Tokenizer tokenizer;
        Scorer scorer;
        try {
            if (!config.scalarHead()) {
                throw new Refused("head: expected a scalar head, got logits over the vocabulary", null);
            }
            tokenizer = Tokenizer.read(checkpoint.tokenizer());
            if (tokenizer.vocabularySize() > config.vocabulary()) {
                throw new Refused(
                        "vocabulary: expected the tokenizer's %d ids, got %d"
                                .formatted(tokenizer.vocabularySize(), config.vocabulary()),
                        null);
            }
            scorer = scorers.open(checkpoint);
        } catch (Refused | IOException | RuntimeException e) {
            checkpoint.close();
            throw e;
        }
        try {
            float score = scorer.score(new int[][] {{config.bosId(), config.eosId()}, {config.bosId()}})[0];
            if (!Float.isFinite(score)) {
                throw new Refused("first score: expected a finite number, got " + score, null);
            }
        } catch (Refused | RuntimeException e) {
            scorer.close();
            throw e;
        }
        String thread = "score-%s-%d".formatted(publication.name(), publication.version());
        return new RewardModel(
                publication.name(),
                publication.version(),
                config,
                tokenizer,
                new ScoringQueue(thread, scorer, queueLimit, onDeath));
    }
}
