// SPDX-License-Identifier: MIT
#include "base/mapped_file_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

namespace ww {
namespace {

// Records are handed out again but never freed, so that the handler may walk the list at any time without a lock.
std::atomic<MappingGuard*> g_guards{nullptr};
std::mutex g_mutex;  // for add() and remove(); never taken by the handler
struct sigaction g_previous = {};

MappingGuard* find(std::uintptr_t begin)
{
    MappingGuard* guard = g_guards.load();
    while (guard && guard->begin.load() != begin) guard = guard->next;
    return guard;
}

/// Puts zeros in the place of the pages that are gone. Only calls that are allowed in a signal handler, or are bare system
/// calls on Linux (mmap).
bool replacePages(MappingGuard& guard, std::uintptr_t address, std::uintptr_t begin)
{
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t first = address / page * page;
    const std::uintptr_t end = (begin + guard.size.load() + page - 1) / page * page;
    // Behind the end of a shortened file everything is gone; after a failure of the disk perhaps only this page.
    struct stat info = {};
    const bool shortened =
        ::fstat(guard.fd.load(), &info) == 0 && static_cast<std::uint64_t>(info.st_size) <= std::uint64_t{first - begin};
    const std::size_t length = shortened ? end - first : page;
    guard.damage.store(shortened ? MappingGuard::Damage::Shortened : MappingGuard::Damage::ReadFailed);
    return ::mmap(reinterpret_cast<void*>(first), length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
                  0) != MAP_FAILED;
}

void onBusError(int, siginfo_t* info, void*)
{
    const int oldErrno = errno;
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (MappingGuard* guard = g_guards.load(); guard; guard = guard->next) {
        const std::uintptr_t begin = guard->begin.load();
        if (begin == 0 || address < begin || address - begin >= guard->size.load()) continue;
        if (!replacePages(*guard, address, begin)) break;
        errno = oldErrno;
        return;
    }
    // Not one of ours: whoever was responsible before sees the same fault again.
    ::sigaction(SIGBUS, &g_previous, nullptr);
    errno = oldErrno;
}

void installHandler()
{
    struct sigaction action = {};
    action.sa_sigaction = onBusError;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &g_previous);
}

}  // namespace

void MappingGuard::add(const std::byte* data, std::size_t bytes, int file)
{
    const std::scoped_lock lock(g_mutex);
    static const bool installed = (installHandler(), true);
    static_cast<void>(installed);
    MappingGuard* guard = find(0);
    if (!guard) {
        guard = new MappingGuard;
        guard->next = g_guards.load();
        g_guards.store(guard);
    }
    guard->damage.store(Damage::None);
    guard->fd.store(file);
    guard->size.store(bytes);
    guard->begin.store(reinterpret_cast<std::uintptr_t>(data));
}

void MappingGuard::remove(const std::byte* data)
{
    const std::scoped_lock lock(g_mutex);
    if (MappingGuard* guard = find(reinterpret_cast<std::uintptr_t>(data))) guard->begin.store(0);
}

MappingGuard::Damage MappingGuard::damageOf(const std::byte* data)
{
    const MappingGuard* guard = data ? find(reinterpret_cast<std::uintptr_t>(data)) : nullptr;
    return guard ? guard->damage.load() : Damage::None;
}

}  // namespace ww
