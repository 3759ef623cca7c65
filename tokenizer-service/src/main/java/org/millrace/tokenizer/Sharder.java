package org.millrace.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.bpe.Rendered;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;

/// Turns the texts of one batch into the sequences of its shards. Texts go in one by one, in the
/// batch's order; the same texts and the same tokenizer give the same shards.
///
/// Documents are encoded some at a time, on all processors: encoding is four fifths of the work of a batch.
public final class Sharder {

    /// Of the documents that are encoded together: enough for all processors, and little beside the batch.
    private static final int CHARACTERS_TOGETHER = 1 << 20;

    private final PublishedTokenizer published;
    private final int[] tokenBytes;
    private final double validationShare;
    private final SortedMap<ShardGroup, List<Sequence>> groups = new TreeMap<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private long waitingCharacters;

    /// A document that is not encoded yet.
    private record Waiting(ShardGroup group, Document document) {}

    /// @param validationShare expected share of texts that go into the validation split, 0 to 1
    public Sharder(PublishedTokenizer published, double validationShare) {
        this.published = published;
        tokenBytes = published.tokenizer().tokenBytes();
        this.validationShare = validationShare;
    }

    /// A document becomes the token that begins a text (`<|bos|>`) and the ids of its text; the model learns all of
    /// them.
    ///
    /// @return whose shard it is in
    public ShardGroup add(Document document) {
        ShardGroup group = group(ShardHeader.Kind.DOCUMENTS, document.id(), "");
        waiting.add(new Waiting(group, document));
        waitingCharacters += document.text().length();
        if (waitingCharacters >= CHARACTERS_TOGETHER) {
            encodeWaiting();
        }
        return group;
    }

    private void encodeWaiting() {
        List<Sequence> sequences =
                waiting.parallelStream().map(one -> sequence(one.document)).toList();
        for (int i = 0; i < sequences.size(); i++) {
            add(waiting.get(i).group, sequences.get(i));
        }
        waiting.clear();
        waitingCharacters = 0;
    }

    private Sequence sequence(Document document) {
        int[] text = published.tokenizer().encode(document.text());
        int[] ids = new int[text.length + 1];
        ids[0] = published.chat().beginOfText().orElseThrow();
        System.arraycopy(text, 0, ids, 1, text.length);
        return new Sequence(document.id(), ids, textBytes(ids));
    }

    /// A conversation becomes the ids of the tokenizer's chat template; the model learns the assistant's.
    ///
    /// @return whose shard it is in
    /// @throws IllegalArgumentException if its turns are out of order, or empty, or the template refuses them
    public ShardGroup add(Conversation conversation) {
        Rendered rendered = published.chat().render(conversation.turns());
        ShardGroup group = group(ShardHeader.Kind.CONVERSATIONS, conversation.id(), conversation.dataset());
        add(group, new Sequence(conversation.id(), rendered.ids(), rendered.target(), textBytes(rendered.ids())));
        return group;
    }

    private ShardGroup group(ShardHeader.Kind kind, String id, String dataset) {
        return new ShardGroup(kind, Split.of(id, validationShare), dataset);
    }

    private void add(ShardGroup group, Sequence sequence) {
        groups.computeIfAbsent(group, g -> new ArrayList<>()).add(sequence);
    }

    /// The sequences of each shard, in the batch's order; groups without any are missing.
    public SortedMap<ShardGroup, List<Sequence>> groups() {
        encodeWaiting();
        return groups;
    }

    public ShardHeader header(ShardGroup group) {
        return new ShardHeader(
                group.kind(),
                published.name(),
                published.version(),
                group.dataset(),
                published.tokenizer().vocabularySize());
    }

    /// What the ids stand for, which the tokenizer may have changed ([org.millrace.bpe.Tokenizer#changesText]).
    private int textBytes(int[] ids) {
        int bytes = 0;
        for (int id : ids) {
            bytes += tokenBytes[id];
        }
        return bytes;
    }
}
