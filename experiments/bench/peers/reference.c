// The yardsticks in C, for the ratios of the bench: binary heaps and a ladder queue in the hold model, and M/M/1 with
// a heap. Ties are broken by a sequence number in the heaps. One heap holds what the order needs (16 bytes), the other what
// an event of a simulation carries as well: its kind and two arguments (32 bytes). Prints one JSON object.
// Build: gcc -O2 reference.c -lm
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TABLE 8192
#define LADDER_THRESHOLD 50
#define RUNGS 8

typedef struct {
  double at;
  uint64_t sequence;
} event;

static uint64_t state = 0x9e3779b97f4a7c15u;
static double uniform(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return ((state >> 11) + 0.5) * 0x1p-53;
}

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

static double delays[TABLE];

// Binary heap.
static event *heap;
static long heap_size;
static int before(event a, event b) { return a.at < b.at || (a.at == b.at && a.sequence < b.sequence); }
static void heap_push(event e) {
  long place = heap_size++;
  while (place > 0) {
    long parent = (place - 1) / 2;
    if (!before(e, heap[parent])) break;
    heap[place] = heap[parent];
    place = parent;
  }
  heap[place] = e;
}
static event heap_pop(void) {
  event top = heap[0], last = heap[--heap_size];
  long place = 0;
  for (;;) {
    long child = 2 * place + 1;
    if (child >= heap_size) break;
    if (child + 1 < heap_size && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], last)) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = last;
  return top;
}

// The same with an event's kind and arguments.
typedef struct {
  double at;
  uint64_t sequence;
  int32_t kind, a, b;
} full_event;
static full_event *full_heap;
static long full_size;
static int full_before(const full_event *a, const full_event *b) {
  return a->at < b->at || (a->at == b->at && a->sequence < b->sequence);
}
static void full_push(full_event e) {
  long place = full_size++;
  while (place > 0) {
    long parent = (place - 1) / 2;
    if (!full_before(&e, &full_heap[parent])) break;
    full_heap[place] = full_heap[parent];
    place = parent;
  }
  full_heap[place] = e;
}
static full_event full_pop(void) {
  full_event top = full_heap[0], last = full_heap[--full_size];
  long place = 0;
  for (;;) {
    long child = 2 * place + 1;
    if (child >= full_size) break;
    if (child + 1 < full_size && full_before(&full_heap[child + 1], &full_heap[child])) child++;
    if (!full_before(&full_heap[child], &last)) break;
    full_heap[place] = full_heap[child];
    place = child;
  }
  full_heap[place] = last;
  return top;
}

// Ladder queue (Tang, Goh and Thng 2005): unsorted top, rungs of buckets, sorted bottom.
typedef struct {
  double at;
  int next;
} node;
typedef struct {
  double start, width, current;
  int buckets, bucket, count;
  int *head, *size;
  int room;
} rung;
static node *nodes;
static int free_node;
static int top_head, top_count;
static double top_start, top_least, top_most;
static rung rungs[RUNGS];
static int rung_count;
static double *bottom;
static int bottom_size, bottom_room;

static int take_node(double at) {
  int n = free_node;
  free_node = nodes[n].next;
  nodes[n].at = at;
  return n;
}
static void give_node(int n) {
  nodes[n].next = free_node;
  free_node = n;
}
static void into_bottom(double at) {
  if (bottom_size == bottom_room) bottom = realloc(bottom, sizeof *bottom * (bottom_room = 2 * bottom_room + 64));
  int place = bottom_size++;
  while (place > 0 && bottom[place - 1] < at) {
    bottom[place] = bottom[place - 1];
    place--;
  }
  bottom[place] = at;
}
static void into_rung(rung *r, int n) {
  int b = (int)((nodes[n].at - r->start) / r->width);
  if (b < r->bucket) b = r->bucket;
  if (b >= r->buckets) b = r->buckets - 1;
  nodes[n].next = r->head[b];
  r->head[b] = n;
  r->size[b]++;
  r->count++;
}
static void new_rung(double start, double width, int buckets, int list) {
  rung *r = &rungs[rung_count++];
  if (buckets > r->room) {
    r->room = buckets * 2;
    r->head = realloc(r->head, sizeof(int) * r->room);
    r->size = realloc(r->size, sizeof(int) * r->room);
  }
  r->start = start;
  r->width = width;
  r->current = start;
  r->buckets = buckets;
  r->bucket = 0;
  r->count = 0;
  for (int b = 0; b < buckets; b++) {
    r->head[b] = -1;
    r->size[b] = 0;
  }
  while (list >= 0) {
    int next = nodes[list].next;
    into_rung(r, list);
    list = next;
  }
}
static void ladder_push(double at) {
  if (at >= top_start) {
    int n = take_node(at);
    nodes[n].next = top_head;
    top_head = n;
    if (top_count++ == 0) top_least = top_most = at;
    if (at < top_least) top_least = at;
    if (at > top_most) top_most = at;
    return;
  }
  for (int r = 0; r < rung_count; r++) {
    if (at >= rungs[r].current) {
      into_rung(&rungs[r], take_node(at));
      return;
    }
  }
  into_bottom(at);
}
static void refill(void) {
  while (bottom_size == 0) {
    if (rung_count == 0) {
      double width = (top_most - top_least) / top_count;
      if (width <= 0) width = 1;
      int list = top_head, count = top_count;
      top_head = -1;
      top_count = 0;
      top_start = top_least + width * (count + 1);
      new_rung(top_least, width, count + 1, list);
    }
    rung *r = &rungs[rung_count - 1];
    if (r->count == 0) {
      rung_count--;
      continue;
    }
    while (r->size[r->bucket] == 0) r->bucket++;
    int list = r->head[r->bucket], count = r->size[r->bucket];
    double start = r->start + r->bucket * r->width;
    r->count -= count;
    r->head[r->bucket] = -1;
    r->size[r->bucket] = 0;
    r->bucket++;
    r->current = r->start + r->bucket * r->width;
    if (count > LADDER_THRESHOLD && rung_count < RUNGS) {
      new_rung(start, r->width / count, count + 1, list);
      continue;
    }
    while (list >= 0) {
      int next = nodes[list].next;
      into_bottom(nodes[list].at);
      give_node(list);
      list = next;
    }
  }
}
static double ladder_pop(void) {
  if (bottom_size == 0) refill();
  return bottom[--bottom_size];
}
static void ladder_clear(long pending) {
  nodes = realloc(nodes, sizeof(node) * (pending + 2));
  for (long n = 0; n <= pending; n++) nodes[n].next = (int)n + 1;
  free_node = 0;
  top_head = -1;
  top_count = bottom_size = rung_count = 0;
  top_start = 0;
}

static double best_of_three(double (*run)(long, long), long pending, long holds) {
  double best = INFINITY;
  for (int i = 0; i < 3; i++) {
    double ns = run(pending, holds);
    if (ns < best) best = ns;
  }
  return best;
}
static double hold_heap(long pending, long holds) {
  heap = realloc(heap, sizeof(event) * (pending + 1));
  heap_size = 0;
  uint64_t sequence = 0;
  int next = 0;
  for (long i = 0; i < pending; i++) heap_push((event){-log(uniform()) * 1e9, sequence++});
  double started = 0;
  for (long i = -pending * 3; i < holds; i++) {
    if (i == 0) started = nanoseconds();
    event e = heap_pop();
    next = (next + 1) & (TABLE - 1);
    heap_push((event){e.at + delays[next], sequence++});
  }
  return (nanoseconds() - started) / holds;
}
static double hold_full(long pending, long holds) {
  full_heap = realloc(full_heap, sizeof(full_event) * (pending + 1));
  full_size = 0;
  uint64_t sequence = 0;
  int next = 0;
  for (long i = 0; i < pending; i++) full_push((full_event){-log(uniform()) * 1e9, sequence++, 0, (int32_t)i, 0});
  double started = 0;
  for (long i = -pending * 3; i < holds; i++) {
    if (i == 0) started = nanoseconds();
    full_event e = full_pop();
    next = (next + 1) & (TABLE - 1);
    full_push((full_event){e.at + delays[next], sequence++, e.kind, e.a, e.b});
  }
  return (nanoseconds() - started) / holds;
}
static double hold_ladder(long pending, long holds) {
  ladder_clear(pending);
  int next = 0;
  for (long i = 0; i < pending; i++) ladder_push(-log(uniform()) * 1e9);
  double started = 0;
  for (long i = -pending * 3; i < holds; i++) {
    if (i == 0) started = nanoseconds();
    double at = ladder_pop();
    next = (next + 1) & (TABLE - 1);
    ladder_push(at + delays[next]);
  }
  return (nanoseconds() - started) / holds;
}

static double mm1(long unused, long customers) {
  (void)unused;
  heap = realloc(heap, sizeof(event) * 8);
  heap_size = 0;
  uint64_t sequence = 0;
  long arrived = 0, in_system = 0;
  double area = 0, last = 0;
  double started = nanoseconds();
  heap_push((event){0, sequence++ << 1});
  while (heap_size > 0) {
    event e = heap_pop();
    area += in_system * (e.at - last);
    last = e.at;
    if ((e.sequence & 1) == 0) {
      if (++arrived < customers) heap_push((event){e.at - log(uniform()) / 0.9, sequence++ << 1});
      if (in_system++ == 0) heap_push((event){e.at - log(uniform()), (sequence++ << 1) | 1});
    } else if (--in_system > 0) {
      heap_push((event){e.at - log(uniform()), (sequence++ << 1) | 1});
    }
  }
  double ns = (nanoseconds() - started) / customers;
  return area > 0 ? ns : -1;
}

int main(void) {
  for (int i = 0; i < TABLE; i++) delays[i] = -log(uniform()) * 1e9;
  const long populations[] = {4, 10, 30, 60, 100, 300, 1000, 10000, 100000, 1000000};
  printf("{\"mm1\": %.2f, \"hold\": [", best_of_three(mm1, 0, 1000000));
  for (int i = 0; i < 10; i++) {
    long pending = populations[i];
    long holds = pending > 1000000 ? pending : 1000000;
    printf("%s{\"pending\": %ld, \"heap\": %.2f, \"full\": %.2f, \"ladder\": %.2f}", i ? ", " : "", pending,
           best_of_three(hold_heap, pending, holds), best_of_three(hold_full, pending, holds),
           best_of_three(hold_ladder, pending, holds));
  }
  printf("]}\n");
  return 0;
}
