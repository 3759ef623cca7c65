package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.TieGroup;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.TrainingFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Joins what people and tools ranked with what they were asked to rank. Rankings come as protobuf or
/// JSON; each `ranking_id` counts once, and one that fits no request becomes a dead letter.
final class Rankings implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Rankings.class);

    private static final int MAX_ID = 128;

    private final Publisher publisher;
    private final TopicReader rankingLog;
    private final TopicReader requestLog;
    private final Map<String, ComparisonRequested> requests = new HashMap<>();
    private final SortedMap<String, RankingSubmitted> accepted = new TreeMap<>();

    /// Ids of all rankings ever accepted, superseded ones too: a repeat must not come back to life.
    private final Set<String> seen = new HashSet<>();

    /// Rankings that another one replaces. The two may be about different prompts, since an answer more makes another
    /// prompt id: then they are in different partitions, and the one that replaces may be read first.
    private final Set<Replaced> replaced = new HashSet<>();

    private final Fit fit;
    private final ModelPublished base;

    private record Replaced(String rankingId, String raterId) {}

    /// @param fit what the learning model can take; requests made for others are left out
    /// @param base what the learning model starts from: requests in the ids of another tokenizer are left out
    Rankings(Broker broker, Publisher publisher, Fit fit, ModelPublished base) {
        this.publisher = publisher;
        this.fit = fit;
        this.base = base;
        rankingLog = TopicReader.fromStart(broker, RankingSubmitted.class);
        requestLog = TopicReader.fromStart(broker, ComparisonRequested.class);
    }

    /// What a reward model learns from.
    ///
    /// @param comparisons one for each ranking that orders its candidates
    /// @param reference prompts with answers whose scores set mean and deviation
    /// @param ofOtherTokenizers rankings that were left out for it
    record Collected(List<Comparison> comparisons, List<int[]> reference, long ofOtherTokenizers) {}

    /// Waits until there are enough rankings, then gives all there are; or those that the run had before.
    ///
    /// @param least rankings in the ids of the base, those that found nothing acceptable included; 0 means 1
    /// @param normaliseOn purpose of the requests whose candidates are the reference; empty: all
    /// @param folder of the run's state, where it notes how far it has read
    /// @return nothing if the run was cancelled meanwhile
    /// @throws TrainingFailed if there are too few by the deadline
    Optional<Collected> await(long least, String normaliseOn, Duration deadline, Path folder, BooleanSupplier cancelled)
            throws TrainingFailed, IOException {
        Path requestNote = folder.resolve("requests");
        Path rankingNote = folder.resolve("rankings");
        Optional<Horizon> oldRequests = Horizon.read(requestNote);
        Optional<Horizon> oldRankings = Horizon.read(rankingNote);
        if (oldRequests.isPresent() && oldRankings.isPresent()) {
            requestLog.toEnd().stream().filter(oldRequests.get()::has).forEach(this::addRequest);
            rankingLog.toEnd().stream().filter(oldRankings.get()::has).forEach(this::addRanking);
            return Optional.of(collected(normaliseOn));
        }
        Optional<Collected> collected = await(least, normaliseOn, deadline, cancelled);
        if (collected.isPresent()) {
            Workplace.tryToDelete(folder); // a state that is there is of who knows which data
            new Horizon(requestLog.positions()).write(requestNote);
            new Horizon(rankingLog.positions()).write(rankingNote);
        }
        return collected;
    }

    private Optional<Collected> await(long least, String normaliseOn, Duration deadline, BooleanSupplier cancelled)
            throws TrainingFailed {
        long wanted = Math.max(1, least);
        long end = System.nanoTime() + deadline.toNanos();
        List<ConsumerRecord<String, byte[]>> fresh = rankingLog.toEnd();
        while (true) {
            // Requests second: whatever a ranking refers to was committed before it was ranked.
            requestLog.toEnd().forEach(this::addRequest);
            fresh.forEach(this::addRanking);
            long others = ofOtherTokenizers();
            if (accepted.size() - others >= wanted) {
                return Optional.of(collected(normaliseOn));
            }
            if (cancelled.getAsBoolean()) {
                return Optional.empty();
            }
            if (System.nanoTime() > end) {
                throw new TrainingFailed("rankings: expected %d within %d s, got %d%s"
                        .formatted(
                                wanted,
                                deadline.toSeconds(),
                                accepted.size() - others,
                                others == 0 ? "" : " and %d in the ids of other tokenizers".formatted(others)));
            }
            fresh = rankingLog.poll(Duration.ofMillis(250));
        }
    }

    @Override
    public void close() {
        rankingLog.close();
        requestLog.close();
    }

    private Collected collected(String normaliseOn) {
        long others = ofOtherTokenizers();
        if (others > 0) {
            LOGGER.warn(
                    "{} rankings are left out: they are of other tokenizers than {}:{}",
                    others,
                    base.getTokenizer(),
                    base.getTokenizerVersion());
        }
        List<Comparison> comparisons = new ArrayList<>();
        for (RankingSubmitted ranking : accepted.values()) {
            ComparisonRequested request = requests.get(ranking.getPromptId());
            if (request != null && !ranking.getNotRankable() && fits(request)) {
                comparisons.add(comparison(request, ranking));
            }
        }
        List<int[]> reference = new ArrayList<>();
        new TreeMap<>(requests)
                .values().stream()
                        .filter(request ->
                                normaliseOn.isEmpty() || request.getPurpose().equals(normaliseOn))
                        .filter(this::fits)
                        .forEach(request -> request.getCandidatesList()
                                .forEach(candidate -> reference.add(sequence(request, candidate))));
        return new Collected(comparisons, reference, others);
    }

    private long ofOtherTokenizers() {
        return accepted.values().stream()
                .map(ranking -> requests.get(ranking.getPromptId()))
                .filter(request -> request != null && !isInOurIds(request))
                .count();
    }

    /// What does not say whose ids it has is older than that field.
    private boolean isInOurIds(ComparisonRequested request) {
        return request.getTokenizer().isEmpty()
                || (request.getTokenizer().equals(base.getTokenizer())
                        && request.getTokenizerVersion() == base.getTokenizerVersion());
    }

    /// The log keeps requests for all models there ever were; those of another vocabulary are no fault.
    private boolean fits(ComparisonRequested request) {
        if (!isInOurIds(request)) {
            return false;
        }
        int[] prompt = ints(request.getPromptTokensList());
        return request.getCandidatesList().stream()
                .allMatch(candidate -> fit.takes(prompt, ints(candidate.getTokensList())));
    }

    private void addRequest(ConsumerRecord<String, byte[]> record) {
        try {
            ComparisonRequested request = Events.read(record, ComparisonRequested.class);
            if (request.getPromptTokensCount() == 0) {
                throw new BadRecord("prompt_tokens: expected at least 1, got 0");
            }
            if (request.getCandidatesCount() < 2) {
                throw new BadRecord("candidates: expected at least 2, got " + request.getCandidatesCount());
            }
            if (request.getCandidatesList().stream().anyMatch(candidate -> candidate.getTokensCount() == 0)) {
                throw new BadRecord("candidates: expected at least 1 token each, got an empty one");
            }
            if (request.getCandidatesList().stream()
                            .map(Candidate::getCandidateId)
                            .distinct()
                            .count()
                    != request.getCandidatesCount()) {
                throw new BadRecord("candidates: expected different ids, got one twice");
            }
            // A prompt that was delivered twice was answered twice; the first answers were shown.
            requests.putIfAbsent(request.getPromptId(), request);
        } catch (BadRecord e) {
            publisher.deadLetter(record, String.valueOf(e.getMessage()));
        }
    }

    private void addRanking(ConsumerRecord<String, byte[]> record) {
        try {
            RankingSubmitted ranking = Events.read(record, RankingSubmitted.class);
            String id = ranking.getRankingId();
            if (id.isEmpty() || id.length() > MAX_ID) {
                throw new BadRecord("ranking_id: expected 1 to 128 characters, got " + id.length());
            }
            if (seen.contains(id)) {
                return; // submitted again
            }
            check(ranking);
            seen.add(id);
            if (!replaced.contains(new Replaced(id, ranking.getRaterId()))) {
                accepted.put(id, ranking);
            }
            if (!ranking.getSupersedes().equals(id)) {
                accepted.remove(ranking.getSupersedes());
                replaced.add(new Replaced(ranking.getSupersedes(), ranking.getRaterId()));
            }
        } catch (BadRecord e) {
            publisher.deadLetter(record, String.valueOf(e.getMessage()));
        }
    }

    private void check(RankingSubmitted ranking) throws BadRecord {
        ComparisonRequested request = requests.get(ranking.getPromptId());
        if (request == null) {
            throw new BadRecord("prompt_id: expected one that was asked for, got another");
        }
        RankingSubmitted before = accepted.get(ranking.getSupersedes());
        if (before != null && !before.getRaterId().equals(ranking.getRaterId())) {
            throw new BadRecord("supersedes: expected a ranking of the same rater, got another's");
        }
        if (!ranking.getNotRankable()) {
            try {
                comparison(request, ranking);
            } catch (IllegalArgumentException e) {
                throw new BadRecord(String.valueOf(e.getMessage()), e);
            }
        }
    }

    /// @throws IllegalArgumentException if a candidate is unknown, missing, or ranked twice
    private static Comparison comparison(ComparisonRequested request, RankingSubmitted ranking) {
        Map<String, Integer> indices = new HashMap<>();
        List<int[]> candidates = new ArrayList<>();
        for (Candidate candidate : request.getCandidatesList()) {
            indices.put(candidate.getCandidateId(), candidates.size());
            candidates.add(ints(candidate.getTokensList()));
        }
        List<int[]> groups = new ArrayList<>();
        for (TieGroup group : ranking.getRankingList()) {
            List<Integer> members = new ArrayList<>();
            for (String id : group.getCandidateIdsList()) {
                Integer index = indices.get(id);
                if (index == null) {
                    throw new IllegalArgumentException("ranking: expected candidates of the request, got another");
                }
                members.add(index);
            }
            groups.add(ints(members));
        }
        return new Comparison(ints(request.getPromptTokensList()), candidates, groups);
    }

    private static int[] sequence(ComparisonRequested request, Candidate candidate) {
        List<Integer> ids = new ArrayList<>(request.getPromptTokensList());
        ids.addAll(candidate.getTokensList());
        return ints(ids);
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }
}
