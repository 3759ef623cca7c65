@NullMarked
package org.millrace.crawler.manners;

import org.jspecify.annotations.NullMarked;
