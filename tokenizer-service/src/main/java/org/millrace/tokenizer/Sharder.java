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
public final class Sharder {

    private final PublishedTokenizer published;
    private final int[] tokenBytes;
    private final double validationShare;
    private final SortedMap<ShardGroup, List<Sequence>> groups = new TreeMap<>();

    /// @param validationShare expected share of texts that go into the validation split, 0 to 1
    public Sharder(PublishedTokenizer published, double validationShare) {
        this.published = published;
        tokenBytes = published.tokenizer().tokenBytes();
        this.validationShare = validationShare;
    }

    /// A document becomes the token that begins a text (`<|bos|>`) and the ids of its text; the model learns all of
    // them.
    ///
    /// @return whose shard it is in
    public ShardGroup add(Document document) {
        int[] text = published.tokenizer().encode(document.text());
        int[] ids = new int[text.length + 1];
        ids[0] = published.chat().beginOfText().orElseThrow();
        System.arraycopy(text, 0, ids, 1, text.length);
        return add(ShardHeader.Kind.DOCUMENTS, "", new Sequence(document.id(), ids, textBytes(ids)));
    }

    /// A conversation becomes the ids of the tokenizer's chat template; the model learns the assistant's.
    ///
    /// @return whose shard it is in
    /// @throws IllegalArgumentException if its turns are out of order, or empty, or the template refuses them
    public ShardGroup add(Conversation conversation) {
        Rendered rendered = published.chat().render(conversation.turns());
        return add(
                ShardHeader.Kind.CONVERSATIONS,
                conversation.dataset(),
                new Sequence(conversation.id(), rendered.ids(), rendered.target(), textBytes(rendered.ids())));
    }

    private ShardGroup add(ShardHeader.Kind kind, String dataset, Sequence sequence) {
        ShardGroup group = new ShardGroup(kind, Split.of(sequence.id(), validationShare), dataset);
        groups.computeIfAbsent(group, g -> new ArrayList<>()).add(sequence);
        return group;
    }

    /// The sequences of each shard; groups without any are missing.
    public SortedMap<ShardGroup, List<Sequence>> groups() {
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
