package org.millrace.world;

import java.util.List;

/// A statement cut before its value: what a model that knows the fact continues.
///
/// @param id `kind/entity/relation/statement`, stable
/// @param prefix without the space before the value
public record Cloze(
        String id,
        String kind,
        String entity,
        String relation,
        String prefix,
        List<String> acceptable,
        boolean heldOut) {

    public Cloze {
        acceptable = List.copyOf(acceptable);
    }
}
