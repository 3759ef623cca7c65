/// What the web is made of, as all other packages speak of it: URLs in their one spelling, answers and
/// their headers.
///
/// Start at [NormalUrl], then [Fetch].
@NullMarked
package org.millrace.crawler.web;

import org.jspecify.annotations.NullMarked;
