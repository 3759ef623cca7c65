/// A world: plain facts as tables and sentence patterns, and everything the demo makes of them.
///
/// Start at [World]. Nothing here knows a particular world; `docs/formats/world.md` describes the
/// directory that is read. [Site] renders the web site of a world, [SiteServer] serves it;
/// `rankers` is the process that ranks answers over Kafka.
@NullMarked
package org.millrace.world;

import org.jspecify.annotations.NullMarked;
