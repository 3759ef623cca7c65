package org.millrace.cli.data.kafka;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.millrace.cli.data.TrainedRun;
import org.millrace.cli.data.WrittenShard;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.shards.ShardHeader;

/// What became of documents, as far as the log says: the shards that can hold them, and the models that were
/// trained from those. Whether a shard does hold one, its file says.
public final class Lineage implements AutoCloseable {

    private final TopicScan scan;

    public Lineage(String bootstrap) {
        scan = new TopicScan(bootstrap);
    }

    /// Where a document was, or what came from a URL.
    ///
    /// @param related ids of the documents that came from the URL, or URLs that the document came from
    /// @param ids of the documents, whichever was asked for
    /// @param shards that can hold one of them, by their offsets
    public record Trace(Set<String> related, Set<String> ids, List<WrittenShard> shards) {}

    /// @param what a URL, or a document's id
    public Trace trace(String what, boolean isId) {
        Set<String> related = new LinkedHashSet<>();
        Set<String> ids = new HashSet<>();
        Map<TopicPartition, SortedSet<Long>> records = new HashMap<>();
        scan.read(DocumentCleaned.class, (record, document) -> {
            if (document != null && what.equals(isId ? document.getDocumentId() : document.getUrl())) {
                related.add(isId ? document.getUrl() : document.getDocumentId());
                ids.add(document.getDocumentId());
                records.computeIfAbsent(new TopicPartition(record.topic(), record.partition()), _ -> new TreeSet<>())
                        .add(record.offset());
            }
        });
        if (isId) {
            ids.add(what);
        }
        if (ids.isEmpty()) {
            return new Trace(related, ids, List.of());
        }
        Map<TopicPartition, Long> beginnings = scan.beginnings(DocumentCleaned.class);
        SortedMap<String, WrittenShard> shards = new TreeMap<>();
        each(ShardWritten.class, shard -> {
            if (shard.getKind() == ShardWritten.Kind.KIND_DOCUMENTS && mayHold(shard, records, beginnings)) {
                shards.put(shard.getShardId(), written(shard));
            }
        });
        return new Trace(related, ids, List.copyOf(shards.values()));
    }

    /// A shard of an old tokenizer names no offsets, and of what has expired nobody knows what it was.
    private static boolean mayHold(
            ShardWritten shard, Map<TopicPartition, SortedSet<Long>> records, Map<TopicPartition, Long> beginnings) {
        return shard.getSourcesList().isEmpty()
                || shard.getSourcesList().stream().anyMatch(source -> {
                    TopicPartition partition = new TopicPartition(source.getTopic(), source.getPartition());
                    return source.getFirstOffset() < beginnings.getOrDefault(partition, 0L)
                            || !records.getOrDefault(partition, new TreeSet<>())
                                    .subSet(source.getFirstOffset(), source.getLastOffset() + 1)
                                    .isEmpty();
                });
    }

    /// Every shard that the log names, each once, in the order of their hashes, as a training run takes them.
    public List<WrittenShard> shards() {
        SortedMap<String, WrittenShard> shards = new TreeMap<>();
        each(ShardWritten.class, shard -> {
            if (shard.getKindValue() != 0 && shard.getSplitValue() != 0) {
                shards.putIfAbsent(shard.getShardId(), written(shard));
            }
        });
        return List.copyOf(shards.values());
    }

    private static WrittenShard written(ShardWritten shard) {
        return new WrittenShard(
                shard.getShardId(),
                shard.getFile().getLength(),
                shard.getKind() == ShardWritten.Kind.KIND_CONVERSATIONS
                        ? ShardHeader.Kind.CONVERSATIONS
                        : ShardHeader.Kind.DOCUMENTS,
                shard.getSplit() == ShardWritten.Split.SPLIT_VALIDATION
                        ? WrittenShard.Split.VALIDATION
                        : WrittenShard.Split.TRAIN,
                shard.getTokenizer(),
                shard.getTokenizerVersion(),
                shard.getDataset(),
                shard.getWrittenAtMs());
    }

    /// Runs that learned from shards of documents, and those whose base came from such a run, as they were submitted.
    /// A run reads the shards of its tokenizer's version that are on the log when it begins; what is in the
    /// validation split it does not learn from.
    public List<TrainedRun> trainedFrom(Collection<WrittenShard> shards) {
        Map<String, TrainingJob> latest = new HashMap<>();
        scan.read(TrainingJob.class, (record, job) -> {
            if (job == null) {
                latest.remove(record.key());
            } else {
                latest.put(record.key(), job);
            }
        });
        List<TrainingJob> jobs = latest.values().stream()
                .filter(TrainingJob::hasOrigin)
                .sorted(Comparator.comparingLong(TrainingJob::getSubmittedAtMs).thenComparing(TrainingJob::getRunId))
                .toList();
        Map<String, SortedSet<String>> models = models(jobs);
        Map<String, Boolean> certain = new LinkedHashMap<>();
        for (TrainingJob job : jobs) { // a base is older than what is made of it
            shards.stream()
                    .filter(shard -> learnsFrom(job, shard))
                    .mapToLong(WrittenShard::writtenAtMs)
                    .min()
                    .ifPresent(first -> {
                        if (first < job.getUpdatedAtMs()) {
                            certain.put(job.getRunId(), first < job.getSubmittedAtMs());
                        }
                    });
            Boolean base = certain.get(job.getOrigin().getBase().getRunId());
            if (base != null) {
                certain.merge(job.getRunId(), base, Boolean::logicalOr);
            }
        }
        List<TrainedRun> runs = new ArrayList<>();
        for (TrainingJob job : jobs) {
            Boolean sure = certain.get(job.getRunId());
            if (sure != null) {
                runs.add(new TrainedRun(
                        job.getRunId(),
                        stage(job.getPlan()),
                        List.copyOf(models.getOrDefault(job.getRunId(), new TreeSet<>())),
                        sure));
            }
        }
        return runs;
    }

    private static boolean learnsFrom(TrainingJob job, WrittenShard shard) {
        ModelPublished base = job.getOrigin().getBase();
        String tokenizer =
                job.getPlan().hasPretrain() ? job.getOrigin().getTokenizer().getName() : base.getTokenizer();
        long version =
                job.getPlan().hasPretrain() ? job.getOrigin().getTokenizer().getVersion() : base.getTokenizerVersion();
        boolean documents =
                switch (job.getPlan().getStageCase()) {
                    case PRETRAIN -> true;
                    case FINE_TUNE -> job.getPlan().getFineTune().getDocumentWeight() > 0;
                    case IMPROVE_POLICY -> job.getPlan().getImprovePolicy().getDocumentCoefficient() > 0;
                    case REWARD, STAGE_NOT_SET -> false;
                };
        return documents
                && shard.split() == WrittenShard.Split.TRAIN
                && shard.tokenizer().equals(tokenizer)
                && shard.tokenizerVersion() == version;
    }

    private static String stage(TrainingPlan plan) {
        return switch (plan.getStageCase()) {
            case PRETRAIN -> "pretrain";
            case FINE_TUNE -> "fine-tune";
            case REWARD -> "reward";
            case IMPROVE_POLICY -> "improve-policy";
            case STAGE_NOT_SET -> "unknown";
        };
    }

    /// Name and version of each, by the run that made it. Their topic keeps the newest of a name; jobs name the one
    /// that they began with.
    private Map<String, SortedSet<String>> models(List<TrainingJob> jobs) {
        Map<String, SortedSet<String>> models = new HashMap<>();
        Consumer<ModelPublished> add = model -> models.computeIfAbsent(model.getRunId(), _ -> new TreeSet<>())
                .add(model.getName() + ":" + model.getVersion());
        each(ModelPublished.class, add);
        for (TrainingJob job : jobs) {
            if (job.getOrigin().hasBase()) {
                add.accept(job.getOrigin().getBase());
            }
        }
        return models;
    }

    private <M extends Message> void each(Class<M> type, Consumer<M> events) {
        scan.read(type, (_, event) -> {
            if (event != null) {
                events.accept(event);
            }
        });
    }

    @Override
    public void close() {
        scan.close();
    }
}
