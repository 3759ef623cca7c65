/// What tests of several modules need: a real broker, a web site, broken networks, layering rules.
@NullMarked
package org.millrace.testkit;

import org.jspecify.annotations.NullMarked;
