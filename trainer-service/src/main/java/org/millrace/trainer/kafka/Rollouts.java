package org.millrace.trainer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ImprovePolicy;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RewardScored;
import org.millrace.proto.events.v1.RolloutCompleted;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingPrompt;
import org.millrace.trainer.Admission;
import org.millrace.trainer.RoundSource;
import org.millrace.trainer.Trajectory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// PPO's edge: prompts out, as many as staleness allows, and the workers' rollouts back, each once.
///
/// ```text
///   prompt i of round r ──► workers ──► rollout and reward (one transaction) ──► joined by id ──► round r
/// ```
///
/// Ids are computed ahead (`prompt_id/round/sample`, hashed), so what is awaited is known by name: a
/// rollout of another run, or of an attempt that this one does not go on from, is none of ours, and a
/// second delivery finds its name taken. For the training thread.
///
/// An attempt that goes on from a state ([#restore]) has the names of the one before it. What that one
/// asked for and has not learned from is on the log, or will be, and is not asked for again.
///
/// Services may be away for as long as they like: a round waits until half of it is there. A prompt that the
/// workers gave up is not waited for; if somebody replays its dead letter, its rollouts are taken.
final class Rollouts implements RoundSource, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Rollouts.class);

    /// Of a silence as long as the deadline, at most: one each 10 s for 10 min.
    private static final int WORDS = 60;

    private final Publisher publisher;
    private final TrainingJob job;
    private final ImprovePolicy plan;
    private final Fit fit;
    private final Duration deadline;
    private final BooleanSupplier cancelled;
    private final Silence silence;
    private final Admission admission;
    private final Events events = Publisher.events();
    private final RoundSpans spans;
    private final TopicReader rolloutLog;
    private final TopicReader rewardLog;
    private final TopicReader promptLog;
    private final TopicReader letters;

    /// Of the first attempt: tells its prompts from those of attempts that began anew.
    private long series;

    /// Where the logs stood before a prompt went out, and with it all that answers it, by the prompt's index.
    private final NavigableMap<Long, Place> places = new TreeMap<>();

    /// What was given out and is not too old to be waited for.
    private final SortedSet<Slot> given = new TreeSet<>();

    private long round;

    /// What has not come yet, by rollout id.
    private final Map<String, Slot> awaited = new HashMap<>();

    /// What has come and was not yet given out, in the order of the prompts.
    private final SortedMap<Slot, Arrived> arrived = new TreeMap<>();

    private final Map<String, Scored> rewards = new HashMap<>();
    private final Map<String, Drawn> drawn = new HashMap<>();

    /// Prompts that workers gave up, of those that are awaited.
    private final SortedSet<Long> givenUp = new TreeSet<>();

    private long submitted;
    private long duplicates;
    private Duration outage = Duration.ZERO;
    private long promptsGivenUp;
    private long ofOtherRewards;

    /// @param job as it was marked RUNNING; when that was is part of the prompts' ids
    /// @param fit what the learning models can take
    /// @param deadline of the next rollout, not of a round: however slow the services are, they are waited for
    /// @param people hear what is waited for while nothing comes
    Rollouts(
            Broker broker,
            Publisher publisher,
            TrainingJob job,
            Fit fit,
            Duration deadline,
            BooleanSupplier cancelled,
            Clock clock,
            Consumer<String> people,
            Tracer tracer) {
        this.publisher = publisher;
        this.job = job;
        this.fit = fit;
        this.plan = job.getPlan().getImprovePolicy();
        this.deadline = deadline;
        this.cancelled = cancelled;
        spans = new RoundSpans(tracer, job.getRunId());
        admission = new Admission(plan.getMaxStaleness(), Plans.promptsPerRound(plan));
        series = job.getUpdatedAtMs();
        rolloutLog = TopicReader.fromEnd(broker, RolloutCompleted.class);
        rewardLog = TopicReader.fromEnd(broker, RewardScored.class);
        promptLog = TopicReader.fromEnd(broker, PromptSubmitted.class);
        letters = TopicReader.lettersFrom(broker, PromptSubmitted.class, job.getSubmittedAtMs());
        silence = new Silence(deadline.dividedBy(WORDS), clock, word -> {
            boolean listening = rolloutLog.isAnswered(); // a word in vain would cost the process
            if (listening) {
                people.accept(word);
            }
            return listening;
        });
    }

    /// Next offsets by partition. That of the prompts is where the run began: they are few and small.
    private record Place(
            SortedMap<Integer, Long> rollouts, SortedMap<Integer, Long> rewards, SortedMap<Integer, Long> prompts) {}

    /// Where a rollout belongs: `index` counts the prompts of the run from 0.
    private record Slot(long index, int sample) implements Comparable<Slot> {

        @Override
        public int compareTo(Slot other) {
            int byIndex = Long.compare(index, other.index);
            return byIndex != 0 ? byIndex : Integer.compare(sample, other.sample);
        }
    }

    private record Drawn(ConsumerRecord<String, byte[]> record, RolloutCompleted rollout) {}

    private record Scored(ConsumerRecord<String, byte[]> record, RewardScored reward) {}

    /// @param span that made it
    private record Arrived(Trajectory trajectory, SpanContext span) {}

    @Override
    public List<Trajectory> next(long round) throws InterruptedException, TimeoutException {
        spans.begin(round);
        submit(round);
        this.round = round;
        try {
            awaitRollouts(round);
            silence.over();
        } catch (InterruptException e) { // a stop that found us in a call of Kafka's
            Thread.interrupted(); // told by the exception
            throw (InterruptedException) new InterruptedException("round " + round + " was awaited").initCause(e);
        }
        if (cancelled.getAsBoolean()) {
            return List.of();
        }
        forgetOlderThan(oldest(round));
        SortedMap<Slot, Arrived> ready = ready(round);
        if (!isEnough(ready)) {
            throw new TimeoutException("expected at least %d of %d rollouts, got %d, and no more will come:"
                            .formatted(perRound() - perRound() / 2, perRound(), ready.size())
                    + " the dead letters of prompts and rollouts say why");
        }
        long missing = missing(round);
        if (missing > 0) {
            LOGGER.warn(
                    "round {} goes on without {} rollouts: none came for {} s", round, missing, deadline.toSeconds());
        }
        List<Trajectory> trajectories =
                ready.values().stream().map(Arrived::trajectory).toList();
        ready.values().forEach(rollout -> spans.learnFrom(rollout.span()));
        given.addAll(ready.keySet());
        ready.clear();
        return trajectories;
    }

    /// Until nothing is missing, or nothing came for as long as the deadline and what is there is enough,
    /// or the run is cancelled.
    private void awaitRollouts(long round) throws InterruptedException {
        outage = Duration.ZERO;
        long heard = System.nanoTime();
        silence.broken();
        while (missing(round) > 0 && !cancelled.getAsBoolean()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("while round " + round + " was awaited");
            }
            if (hear()) {
                heard = System.nanoTime();
                silence.broken();
            } else if (System.nanoTime() - heard >= deadline.toNanos()) {
                if (isEnough(ready(round))) {
                    return;
                }
                LOGGER.warn(
                        "round {} waits on: {} of {} rollouts are there, none came for {} s;"
                                + " are the rollout, inference and reward services running? runId={}",
                        round,
                        ready(round).size(),
                        perRound(),
                        deadline.toSeconds(),
                        job.getRunId());
                outage = outage.plus(deadline);
                heard = System.nanoTime();
            }
            silence.goesOn(
                    "round %d: %d of %d rollouts".formatted(round, ready(round).size(), perRound()));
        }
    }

    @Override
    public Duration outage() {
        return outage;
    }

    /// @return whether anything came that was awaited, or word that it will not
    private boolean hear() {
        int open = awaited.size() - givenUp.size();
        rolloutLog.poll(Duration.ofMillis(100)).forEach(this::addRollout);
        rewardLog.poll(Duration.ofMillis(20)).forEach(this::addReward);
        letters.poll(Duration.ofMillis(20)).forEach(this::addLetter);
        return awaited.size() - givenUp.size() < open;
    }

    /// What a round would learn from now.
    private SortedMap<Slot, Arrived> ready(long round) {
        return arrived.headMap(new Slot(round * admission.promptsPerRound(), 0));
    }

    /// As many as half of a round, late ones of rounds before among them: fewer would be another round than the plan's.
    private boolean isEnough(SortedMap<Slot, Arrived> ready) {
        return 2 * ready.size() >= perRound();
    }

    private int perRound() {
        return admission.promptsPerRound() * Plans.samplesPerPrompt(plan);
    }

    /// Of the first prompt whose rollouts a round may still learn from.
    private long oldest(long round) {
        return Math.max(0, round - 1 - plan.getMaxStaleness()) * admission.promptsPerRound();
    }

    /// Series, prompts submitted, round; then the [Place] of the oldest prompt that still matters, and the
    /// slots from there on that were given out.
    @Override
    public double[] state() {
        long oldest = oldest(round);
        DoubleStream.Builder state = DoubleStream.builder();
        state.add(series).add(submitted).add(round);
        var place = places.floorEntry(oldest);
        tell(place == null ? place() : place.getValue(), state);
        for (Slot slot : given.tailSet(new Slot(oldest, 0))) {
            state.add(slot.index()).add(slot.sample());
        }
        return state.build().toArray();
    }

    private static void tell(Place place, DoubleStream.Builder state) {
        for (SortedMap<Integer, Long> log : List.of(place.rollouts(), place.rewards(), place.prompts())) {
            state.add(log.size());
            log.forEach((partition, offset) -> state.add(partition).add(offset));
        }
    }

    private Place place() {
        return new Place(rolloutLog.positions(), rewardLog.positions(), promptLog.positions());
    }

    /// What the attempt before asked for after this state is read from the log: its prompts of a round are
    /// there all or not at all.
    @Override
    public void restore(double[] state) {
        PrimitiveIterator.OfDouble next = DoubleStream.of(state).iterator();
        series = (long) next.nextDouble();
        submitted = (long) next.nextDouble();
        round = (long) next.nextDouble();
        long oldest = oldest(round);
        Place place = new Place(positions(next), positions(next), positions(next));
        while (next.hasNext()) {
            given.add(new Slot((long) next.nextDouble(), (int) next.nextDouble()));
        }
        places.put(oldest, place);
        rolloutLog.seek(place.rollouts());
        rewardLog.seek(place.rewards());
        promptLog.seek(place.prompts());
        for (ConsumerRecord<String, byte[]> record : promptLog.toEnd()) {
            submitted = Math.max(submitted, index(record.key()).orElse(-1) + 1);
        }
        promptLog.seek(place.prompts());
        for (long index = oldest; index < submitted; index++) {
            await(prompt(index));
        }
        LOGGER.info("rollouts go on: prompts={} awaited={}", submitted, awaited.size());
    }

    private static SortedMap<Integer, Long> positions(PrimitiveIterator.OfDouble next) {
        SortedMap<Integer, Long> positions = new TreeMap<>();
        for (int left = (int) next.nextDouble(); left > 0; left--) {
            positions.put((int) next.nextDouble(), (long) next.nextDouble());
        }
        return positions;
    }

    /// Rollouts that came more than once, and those that a restored attempt reads again.
    long duplicates() {
        return duplicates;
    }

    /// Prompts that this attempt waited for and workers gave up.
    long promptsGivenUp() {
        return promptsGivenUp;
    }

    /// Rollouts that another reward model or version scored than the one that the run began with.
    long ofOtherRewards() {
        return ofOtherRewards;
    }

    @Override
    public void close() {
        spans.close();
        rolloutLog.close();
        rewardLog.close();
        promptLog.close();
        letters.close();
    }

    /// Prompts that may go out once the weights have learned from the round before.
    private void submit(long round) {
        long count = admission.capacity(round - 1, submitted);
        long maxSteps = job.getPlan().getMaxSteps();
        if (maxSteps > 0) {
            count = Math.min(count, maxSteps * admission.promptsPerRound() - submitted);
        }
        if (count > 0) {
            places.put(submitted, place());
        }
        List<ProducerRecord<String, byte[]>> prompts = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            PromptSubmitted prompt = prompt(submitted++);
            await(prompt);
            prompts.add(spans.record(events, prompt));
        }
        if (!prompts.isEmpty()) {
            publisher.publish(prompts);
        }
    }

    private PromptSubmitted prompt(long index) {
        long round = admission.round(index);
        TrainingPrompt question = plan.getPrompts((int) (index % plan.getPromptsCount()));
        return PromptSubmitted.newBuilder()
                .setPromptId(promptId(String.valueOf(index)))
                .setRunId(job.getRunId())
                .setRound(round)
                .setUse(PromptSubmitted.Use.USE_TRAIN)
                .addAllMessages(question.getMessagesList())
                .setSamples(Plans.samplesPerPrompt(plan))
                .setSampling(Plans.sampling(plan).toBuilder().setSeed(seed(index)))
                .setPolicy(job.getPlan().getModel())
                .setReward(plan.getReward())
                .setReference(question.getReference())
                .setPurpose("train")
                .build();
    }

    private String promptId(String index) {
        return "%s.%d.%s".formatted(job.getRunId(), series, index);
    }

    /// Of a prompt among all of the run; nothing if it is not one of ours.
    private OptionalLong index(@Nullable String promptId) {
        String prefix = promptId("");
        return promptId != null && promptId.matches(Pattern.quote(prefix) + "[0-9]{1,18}")
                ? OptionalLong.of(Long.parseLong(promptId.substring(prefix.length())))
                : OptionalLong.empty();
    }

    private void await(PromptSubmitted prompt) {
        long index = index(prompt.getPromptId()).orElseThrow();
        for (int sample = 0; sample < prompt.getSamples(); sample++) {
            Slot slot = new Slot(index, sample);
            if (!given.contains(slot)) {
                awaited.put(rolloutId(prompt, sample), slot);
            }
        }
    }

    /// Differs from prompt to prompt: the same question drawn again must not get the same answers.
    private long seed(long index) {
        long seed = job.getPlan().getSeed() * 0x9E3779B97F4A7C15L + index + 1;
        seed = (seed ^ (seed >>> 32)) * 0xD6E8FEB86659FD93L;
        return Math.max(1, (seed ^ (seed >>> 32)) & Long.MAX_VALUE);
    }

    /// What this round waits for. What an earlier round waited for in vain, or workers gave up, is taken when
    /// it comes, and not waited for.
    private long missing(long round) {
        long from = (round - 1) * admission.promptsPerRound();
        long to = round * admission.promptsPerRound();
        return awaited.values().stream()
                .filter(slot -> slot.index() >= from && slot.index() < to && !givenUp.contains(slot.index()))
                .count();
    }

    /// What came too late would be staler than the plan allows.
    private void forgetOlderThan(long index) {
        SortedMap<Slot, Arrived> late = arrived.headMap(new Slot(index, 0));
        if (!late.isEmpty()) {
            LOGGER.warn("{} rollouts came too late to learn from", late.size());
            late.clear();
        }
        awaited.values().removeIf(slot -> slot.index() < index);
        given.headSet(new Slot(index, 0)).clear();
        givenUp.headSet(index).clear();
        Long needed = places.floorKey(index);
        if (needed != null) {
            places.headMap(needed, false).clear();
        }
    }

    private void addRollout(ConsumerRecord<String, byte[]> record) {
        try {
            RolloutCompleted rollout = Events.read(record, RolloutCompleted.class);
            if (isOurs(rollout.getRunId(), rollout.getRolloutId()) && isFirst(drawn, rollout.getRolloutId())) {
                drawn.put(rollout.getRolloutId(), new Drawn(record, rollout));
                join(rollout.getRolloutId());
            }
        } catch (BadRecord e) {
            publisher.deadLetter(record, String.valueOf(e.getMessage()));
        }
    }

    private void addReward(ConsumerRecord<String, byte[]> record) {
        try {
            RewardScored reward = Events.read(record, RewardScored.class);
            if (isOurs(reward.getRunId(), reward.getRolloutId()) && !rewards.containsKey(reward.getRolloutId())) {
                rewards.put(reward.getRolloutId(), new Scored(record, reward));
                join(reward.getRolloutId());
            }
        } catch (BadRecord e) {
            publisher.deadLetter(record, String.valueOf(e.getMessage()));
        }
    }

    private void addLetter(ConsumerRecord<String, byte[]> letter) {
        index(letter.key()).ifPresent(index -> {
            if (awaited.values().stream().anyMatch(slot -> slot.index() == index) && givenUp.add(index)) {
                promptsGivenUp++;
                LOGGER.warn("prompt was given up, its dead letter says why: promptId={}", letter.key());
            }
        });
    }

    private boolean isOurs(String runId, String rolloutId) {
        if (awaited.containsKey(rolloutId)) {
            return true;
        }
        if (runId.equals(job.getRunId())) {
            duplicates++; // given out already, too late, or from an attempt that began anew
        }
        return false;
    }

    private boolean isFirst(Map<String, Drawn> known, String rolloutId) {
        if (known.containsKey(rolloutId)) {
            duplicates++;
            return false;
        }
        return true;
    }

    /// Once both halves are there. A rollout that nobody can learn from becomes a dead letter, and is no
    /// longer waited for.
    private void join(String rolloutId) {
        Drawn rollout = drawn.get(rolloutId);
        Scored reward = rewards.get(rolloutId);
        Slot slot = awaited.get(rolloutId);
        if (rollout == null || reward == null || slot == null) {
            return;
        }
        drawn.remove(rolloutId);
        rewards.remove(rolloutId);
        awaited.remove(rolloutId);
        Trajectory trajectory = trajectory(rollout, reward);
        if (trajectory != null) {
            arrived.put(slot, new Arrived(trajectory, RoundSpans.of(rollout.record())));
        }
    }

    private @Nullable Trajectory trajectory(Drawn drawn, Scored scored) {
        RolloutCompleted rollout = drawn.rollout();
        RewardScored reward = scored.reward();
        double verified = reward.getVerified() < 0 ? 0 : plan.getVerifierWeight() * reward.getVerified();
        compareWithOrigin(reward);
        int[] promptTokens = ints(rollout.getPromptTokensList());
        int[] tokens = ints(rollout.getTokensList());
        try {
            fit.check("prompt_tokens, tokens", promptTokens, tokens);
            return new Trajectory(
                    promptTokens,
                    tokens,
                    floats(rollout.getLogProbsList()),
                    longs(rollout.getModelVersionsList()),
                    forced(rollout),
                    reward.getReward() + verified,
                    rollout.getFinish() == RolloutCompleted.Finish.FINISH_STOP);
        } catch (IllegalArgumentException e) {
            publisher.deadLetter(drawn.record(), String.valueOf(e.getMessage()));
            return null;
        }
    }

    /// Each is scaled to mean 0 and deviation 1 of held-out answers, so a run can learn from both. People
    /// should know: the critic began as the run's own.
    private void compareWithOrigin(RewardScored reward) {
        ModelPublished own = job.getOrigin().getReward();
        boolean same =
                reward.getRewardModel().equals(own.getName()) && reward.getRewardModelVersion() == own.getVersion();
        if (!same && ofOtherRewards++ == 0) {
            LOGGER.warn(
                    "rewards: expected those of {}:{}, which the run began with, got some of {}:{}; runId={}",
                    own.getName(),
                    own.getVersion(),
                    reward.getRewardModel(),
                    reward.getRewardModelVersion(),
                    job.getRunId());
        }
    }

    static String rolloutId(PromptSubmitted prompt, int sample) {
        String name = prompt.getPromptId() + "/" + prompt.getRound() + "/" + sample;
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    private static long[] longs(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private static boolean[] forced(RolloutCompleted rollout) {
        boolean[] forced =
                new boolean[rollout.getForcedCount() == 0 ? rollout.getTokensCount() : rollout.getForcedCount()];
        for (int i = 0; i < rollout.getForcedCount(); i++) {
            forced[i] = rollout.getForced(i);
        }
        return forced;
    }

    private static float[] floats(List<Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }
}
