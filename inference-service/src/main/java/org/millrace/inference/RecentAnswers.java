package org.millrace.inference;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Answers that callers asked to keep, so that a person may rank them a little later by their ids alone: what is
/// learned from is what was drawn, and not what a browser says it was. The oldest go first. Forgotten at the end of
/// the process. Threads may share it.
public final class RecentAnswers {

    /// As [Answered#size] counts, of 20 bytes at most: 40 MB. Some thousand answers of a page.
    private static final long ROOM = 2_000_000;

    private final long room;
    private final Map<String, Answered> answers = new LinkedHashMap<>();
    private long held;

    public RecentAnswers() {
        this(ROOM);
    }

    RecentAnswers(long room) {
        this.room = room;
    }

    public synchronized void keep(Answered answered) {
        answers.put(answered.id(), answered);
        held += answered.size();
        Iterator<Answered> oldest = answers.values().iterator();
        while (held > room) {
            held -= oldest.next().size();
            oldest.remove();
        }
    }

    /// @param id of a reply
    public synchronized Optional<Answered> find(String id) {
        return Optional.ofNullable(answers.get(id));
    }
}
