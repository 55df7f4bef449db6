from django.contrib import admin

from students.models import Student


@admin.register(Student)
class StudentAdmin(admin.ModelAdmin):
    list_display = ("name", "age", "sex", "mobile", "classmate", "status")
    list_filter = ("status", "sex")
    # Without it, each row needs one more query for its classmate.
    list_select_related = ("classmate",)
    # True would count the whole table a second time.
    show_full_result_count = False
    # A select box would load all students.
    autocomplete_fields = ("classmate",)
    search_fields = ("name", "mobile")
