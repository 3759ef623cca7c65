/// How the crawler behaves towards sites: what their files, headers and pages ask of robots, what is
/// fetched at all, and how long a host is left alone.
///
/// Start at [Inquiry], which learns the rules of an origin, and [Politeness], which sets the pace.
@NullMarked
package org.millrace.crawler.manners;

import org.jspecify.annotations.NullMarked;
