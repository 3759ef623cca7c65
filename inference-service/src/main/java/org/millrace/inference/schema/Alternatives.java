package org.millrace.inference.schema;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What choices and references of a grammar come down to: the parts of other kinds that may stand in their place,
/// each once. However many paths lead there, and however long, they are gone only here.
final class Alternatives {

    /// Parts that are put together out of others' alternatives, over all.
    private static final int MOST = 2_000_000;

    private final Set<Part> possible;
    private final Map<Part, List<Part>> known = new IdentityHashMap<>();
    private final Set<Part> entered = Collections.newSetFromMap(new IdentityHashMap<>());
    private int merged;

    /// @param all parts of a grammar
    /// @param possible those of them that something fits
    /// @throws IllegalArgumentException if one stands for itself, or too many for others
    Alternatives(List<Part> all, Set<Part> possible) {
        this.possible = possible;
        all.forEach(this::resolve);
    }

    /// Only such that something fits.
    List<Part> of(Part part) {
        return known.getOrDefault(part, List.of(part));
    }

    private static boolean isOpen(Part part) {
        return part instanceof Part.Choice || part instanceof Part.Reference;
    }

    /// Those within come first.
    private void resolve(Part start) {
        Deque<Part> path = new ArrayDeque<>(List.of(start)); // and behind each on it, what is still to be looked at
        while (!path.isEmpty()) {
            Part part = path.getLast();
            if (!isOpen(part) || known.containsKey(part)) {
                path.removeLast();
            } else if (entered.add(part)) {
                for (Part child : Part.children(part)) {
                    checkMoves(child, path);
                    path.addLast(child);
                }
            } else {
                path.removeLast();
                known.put(part, merge(part));
            }
        }
    }

    /// What begins with itself would be looked into without end.
    private void checkMoves(Part child, Deque<Part> path) {
        if (entered.contains(child) && !known.containsKey(child)) {
            String name = path.reversed().stream()
                    .filter(entered::contains)
                    .filter(Part.Reference.class::isInstance)
                    .findFirst()
                    .map(part -> ((Part.Reference) part).name())
                    .orElseThrow();
            throw new IllegalArgumentException("expected a value between a $ref and itself, got none in " + name);
        }
    }

    private List<Part> merge(Part part) {
        Set<Part> children = new LinkedHashSet<>(Part.children(part));
        children.retainAll(possible);
        if (children.size() == 1) {
            return of(children.iterator().next());
        }
        Set<Part> alternatives = new LinkedHashSet<>();
        for (Part child : children) {
            List<Part> more = of(child);
            merged += more.size();
            if (merged > MOST) {
                throw new IllegalArgumentException(
                        "expected at most %d alternatives within alternatives, got more".formatted(MOST));
            }
            alternatives.addAll(more);
        }
        return List.copyOf(alternatives);
    }
}
