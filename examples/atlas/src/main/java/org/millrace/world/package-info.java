/// A world: plain facts as tables and sentence patterns, and everything the demo makes of them.
///
/// Start at [World]. Nothing here knows a particular world; `docs/formats/world.md` describes the
/// directory that is read. The web site of a world is rendered in `site`, served in `http`; how
/// answers are ranked is in `ranking`, and `rankers` is the process that does so over Kafka.
@NullMarked
package org.millrace.world;

import org.jspecify.annotations.NullMarked;
