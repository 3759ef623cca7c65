package org.millrace.world;

import java.util.List;

/// A kind of article about an entity, such as a profile or travel notes.
///
/// @param slug folder of its URLs
/// @param openings first sentences
/// @param asides sentences that state no fact, strewn in
/// @param closings last sentences
public record PageType(
        String slug, Pattern title, List<Pattern> openings, List<Pattern> asides, List<Pattern> closings) {

    public PageType {
        openings = List.copyOf(openings);
        asides = List.copyOf(asides);
        closings = List.copyOf(closings);
    }
}
