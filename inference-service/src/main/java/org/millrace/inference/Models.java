package org.millrace.inference;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.CheckpointCorrupt;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.onnx.Precision;

/// The version of each model that was published last, ready to answer.
///
/// ```text
/// publish ─▶ fetch, verify ─▶ build beside the old ─▶ canary ─▶ swap ─▶ old drains, is freed
///                 └─────────────────┴───────────────────┴─▶ Refused: the old one goes on
/// ```
///
/// A request stays with the version that took it, so every token of an answer is of one version and no
/// request fails because of a swap. For the time of draining all of them are in memory.
public final class Models implements AutoCloseable {

    private static final Duration DRAIN = Duration.ofSeconds(10);
    private static final Duration IDLE_CHECK = Duration.ofMillis(20);

    private final ArtifactStore store;
    private final Scratch scratch;
    private final Decoder.Factory decoders;
    private final Precisions precisions;
    private final Optional<String> preferred;
    private final Engine.Limits limits;
    private final Tally tally;
    private final Thread.UncaughtExceptionHandler onDeath;
    private final Map<String, Served> served = new ConcurrentSkipListMap<>();
    private final List<Served> draining = new ArrayList<>();
    private volatile Mode mode = Mode.SERVING; // written under the lock of `draining`, as an engine is added

    /// @param scratch directory of this instance alone; emptied now
    /// @param precisions of models that are not served as they were trained
    /// @param preferred name that answers when a request names none
    /// @param limits of the engine of each model
    public Models(
            ArtifactStore store,
            Path scratch,
            Decoder.Factory decoders,
            Precisions precisions,
            Optional<String> preferred,
            Engine.Limits limits,
            Tally tally,
            Thread.UncaughtExceptionHandler onDeath)
            throws IOException {
        this(store, new Scratch(scratch), decoders, precisions, preferred, limits, tally, onDeath);
    }

    Models(
            ArtifactStore store,
            Scratch scratch,
            Decoder.Factory decoders,
            Precisions precisions,
            Optional<String> preferred,
            Engine.Limits limits,
            Tally tally,
            Thread.UncaughtExceptionHandler onDeath)
            throws IOException {
        this.store = store;
        this.scratch = scratch;
        this.decoders = decoders;
        this.precisions = precisions;
        this.preferred = preferred;
        this.limits = limits;
        this.tally = tally;
        this.onDeath = onDeath;
        scratch.clear();
    }

    /// As [#find], for a request that is to be taken.
    public Served take(String name) throws Unserved {
        checkTakes();
        try {
            return find(name);
        } catch (Unserved e) {
            checkTakes(); // who stops forgets the models: that they were there a moment ago says more
            throw e;
        }
    }

    private void checkTakes() throws Unserved {
        if (mode == Mode.DRAINING) {
            throw new Unserved(
                    Unserved.Reason.DRAINING, "the server is being drained and takes no requests: ask another one");
        }
    }

    /// What is done with requests to all models from now on, also to those that are published later.
    public void enter(Mode wanted) {
        synchronized (draining) {
            mode = wanted;
            engines().forEach(engine -> engine.enter(wanted));
        }
    }

    public Mode mode() {
        return mode;
    }

    /// The model of that name; of the preferred or only one, if the name is empty.
    ///
    /// @throws Unserved if there is none, and why
    /// @throws IllegalArgumentException if a name is needed to choose
    public Served find(String name) throws Unserved {
        String wanted = name.isEmpty() ? preferred.orElse("") : name;
        Served found = wanted.isEmpty() ? only() : served.get(wanted);
        if (found != null) {
            if (found.engine().isBroken()) {
                throw new Unserved(
                        Unserved.Reason.BROKEN, found.name() + " broke down, and is served again after a new start");
            }
            return found;
        }
        if (served.isEmpty() || name.isEmpty()) {
            throw new Unserved(
                    Unserved.Reason.NOT_YET,
                    wanted.isEmpty() ? "no model has been published yet" : wanted + " has not been published yet");
        }
        throw new Unserved(
                Unserved.Reason.UNKNOWN, "model: expected one of %s, got \"%s\"".formatted(served.keySet(), name));
    }

    private @Nullable Served only() {
        List<Served> all = List.copyOf(served.values());
        if (all.size() > 1) {
            throw new IllegalArgumentException("model: expected one of %s, got \"\"".formatted(served.keySet()));
        }
        return all.isEmpty() ? null : all.getFirst();
    }

    /// All models, by name; the preferred one comes first.
    public Collection<Served> all() {
        return served.values().stream()
                .sorted(Comparator.comparing(one -> !one.name().equals(preferred.orElse(""))))
                .toList();
    }

    /// How the weights of that model are held, once it is served.
    public Precision precision(String name) {
        return precisions.of(name);
    }

    /// Answers being drawn, by all versions that still are.
    public int running() {
        return engines().stream().mapToInt(Engine::running).sum();
    }

    /// Answers that wait, likewise.
    public int waiting() {
        return engines().stream().mapToInt(Engine::waiting).sum();
    }

    /// Answers being drawn by one model, by all its versions that still are.
    public int running(String name) {
        return versions(name).mapToInt(s -> s.engine().running()).sum();
    }

    /// Answers that wait for one model, likewise.
    public int waiting(String name) {
        return versions(name).mapToInt(s -> s.engine().waiting()).sum();
    }

    /// Which share of one model's rows of the cache of keys and values is held by answers: rows held / rows, 0 to 1.
    public double cacheUsage(String name) {
        long rows = versions(name).count() * limits.slots();
        return rows == 0 ? 0 : Math.min(1, running(name) / (double) rows);
    }

    /// Versions of a model that were served before, and have answers to end: each holds its weights and its rows.
    public int draining(String name) {
        return (int) versions(name).filter(s -> served.get(name) != s).count();
    }

    private Stream<Served> versions(String name) {
        return versions().stream().filter(s -> s.name().equals(name));
    }

    private List<Served> versions() {
        List<Served> versions = new ArrayList<>();
        synchronized (draining) {
            draining.removeIf(s -> !s.engine().isAlive());
            versions.addAll(draining);
            versions.addAll(served.values()); // nobody is between the two
        }
        return versions;
    }

    private List<Engine> engines() {
        return versions().stream().map(Served::engine).toList();
    }

    /// Serves a version from now on, be it newer or older, unless it is served already. For one thread.
    ///
    /// @return whether it is served now and was not before
    /// @throws Refused if it cannot be served
    /// @throws IOException if the store could not be read this time
    public boolean publish(Publication publication) throws Refused, IOException {
        Served old = served.get(publication.name());
        if (old != null && publication.version() == old.version()) {
            return false;
        }
        Served fresh = load(publication);
        fresh.engine().start();
        synchronized (draining) {
            fresh.engine().enter(mode);
            served.put(publication.name(), fresh);
            if (old != null) {
                draining.removeIf(s -> !s.engine().isAlive());
                draining.add(old);
            }
        }
        if (old != null) {
            old.engine().drain();
        }
        return true;
    }

    private Served load(Publication publication) throws Refused, IOException {
        Checkpoint checkpoint = open(publication);
        Decoder decoder = null;
        try {
            Tokenizer tokenizer = Tokenizer.read(checkpoint.tokenizer());
            ChatFormat chat = ChatFormat.read(checkpoint.directory(), tokenizer);
            ModelConfig config = checkpoint.config();
            if (tokenizer.vocabularySize() > config.vocabulary()) {
                throw new Refused("tokenizer: expected at most %d ids as the model has, got %d"
                        .formatted(config.vocabulary(), tokenizer.vocabularySize()));
            }
            scratch.remove(publication); // what is mapped needs no name any more
            Precision precision = precisions.of(publication.name());
            decoder = decoders.open(checkpoint, limits.slots() + 1, precision);
            checkCanary(decoder, config);
            String name = publication.name() + "-" + publication.version();
            return new Served(
                    publication,
                    config,
                    tokenizer,
                    Arrays.stream(tokenizer.tokenBytes()).max().orElse(0),
                    chat,
                    new Engine(
                            name,
                            decoder,
                            config,
                            tokenizer,
                            chat.endOfTurn().orElse(config.eosId()),
                            limits,
                            tally,
                            onDeath),
                    precision,
                    Instant.now());
        } catch (IOException | RuntimeException | Refused e) {
            if (decoder != null) {
                decoder.close(); // and the checkpoint with it
            } else {
                checkpoint.close();
            }
            scratch.remove(publication);
            throw e instanceof Refused refused ? refused : new Refused(e); // all bytes were there and verified
        }
    }

    private Checkpoint open(Publication publication) throws Refused, IOException {
        try {
            SortedMap<String, Reference> files = publication.files();
            return Checkpoint.open(store.materialise(files, scratch.place(publication)), Reference.hashes(files));
        } catch (ArtifactMissing | ArtifactCorrupt | CheckpointCorrupt | IllegalArgumentException e) {
            scratch.remove(publication);
            throw new Refused(e);
        }
    }

    /// One forward pass before anybody is answered.
    private static void checkCanary(Decoder decoder, ModelConfig config) throws Refused {
        FloatBuffer logits = decoder.extend(0, 0, new int[] {config.bosId()}, 1);
        for (int i = 0; i < config.vocabulary(); i++) {
            if (!Float.isFinite(logits.get(i))) {
                throw new Refused("canary: expected finite logits, got %s for id %d".formatted(logits.get(i), i));
            }
        }
    }

    /// Waits until nothing is being drawn and nothing waits; not interruptible.
    ///
    /// @return false if there was something all the time
    public boolean awaitIdle(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (waiting() + running() > 0) { // in this order: see Engine.running
            if (System.nanoTime() - end > 0) {
                return false;
            }
            LockSupport.parkNanos(IDLE_CHECK.toNanos());
        }
        return true;
    }

    /// Answers no new requests, and gives those in flight a while to end.
    @Override
    public void close() throws InterruptedException {
        enter(Mode.DRAINING);
        List<Engine> engines = engines();
        served.clear();
        engines.forEach(Engine::drain);
        long end = System.nanoTime() + DRAIN.toNanos();
        int stuck = 0;
        for (Engine engine : engines) {
            if (!engine.stop(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                stuck++;
            }
        }
        if (stuck > 0) {
            throw new IllegalStateException("engines: expected all to end, %d are still in a step".formatted(stuck));
        }
    }
}
