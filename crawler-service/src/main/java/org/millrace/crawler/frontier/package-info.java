/// What is to be fetched, and when: queues of hosts, leases, budgets and revisits, kept in an ordered
/// map of bytes so that the heap does not grow with a crawl.
///
/// Start at [Frontier], then [Keys], which lays the map out.
@NullMarked
package org.millrace.crawler.frontier;

import org.jspecify.annotations.NullMarked;
